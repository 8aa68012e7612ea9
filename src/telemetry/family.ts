// A metric as Prometheus reads it (text format 0.0.4): what it is, and its samples, printed. Whatever a label holds is escaped here,
// once; that it is one of few values is up to whoever counts.

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** One sentence. */
  readonly help: string
  /** Each sample with its newline. */
  readonly lines: string
}

export type Labels = Readonly<Record<string, string>>

/** `worker="gateway-0",effect="allow"`; empty for no labels. */
export function printLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

// Besides what the format escapes: no control character reaches a terminal or a dashboard.
const escaped = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?')

/** The sample's line. */
export function printSample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${printNumber(value)}\n` : `${name}{${labels}} ${printNumber(value)}\n`
}

function printNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

export interface GaugeShape {
  readonly name: string
  readonly help: string
  /** A number that only grows, though it is kept elsewhere. */
  readonly type?: 'counter' | 'gauge'
}

/** What is read at the moment of asking. */
export function gauge(
  { name, help, type = 'gauge' }: GaugeShape,
  own: Labels,
  samples: readonly (readonly [Labels, number])[],
): Family {
  const lines = samples.map(([labels, value]) => printSample(name, printLabels({ ...own, ...labels }), value))
  return { name, help, type, lines: lines.join('') }
}

/** The whole page. Families of one name are put together, as the format demands; the first one's help counts. */
export function printPage(families: readonly Family[]): string {
  const byName = new Map<string, Family[]>()
  for (const family of families) {
    const alike = byName.get(family.name)
    if (alike) alike.push(family)
    else byName.set(family.name, [family])
  }
  let page = ''
  for (const [name, alike] of byName) {
    const [first] = alike
    const lines = alike.filter(({ type }) => type === first?.type).map((family) => family.lines)
    if (!first || lines.every((text) => text === '')) continue
    const help = first.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
    page += `# HELP ${name} ${help}\n# TYPE ${name} ${first.type}\n${lines.join('')}`
  }
  return page
}
