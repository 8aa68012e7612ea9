// A reader of Prometheus' text format 0.0.4, written from its description alone and as strict as that: it throws at the first line
// that a scraper would not take, at a metric without its TYPE, and at a series that stands there twice.

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Page {
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** Of the one sample with this name and at least these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
  /** Of all of them. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
}

export function readPage(text: string): Page {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end')
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const samples: Sample[] = []
  const series = new Set<string>()
  const closed = new Set<string>()
  let current = ''
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '') continue
    if (line.startsWith('#')) {
      const [, word, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line) ?? []
      if (word === undefined) throw new Error(`no comment that means something: ${line}`)
      if (word === 'HELP' && (helps.has(name) || types.has(name)))
        throw new Error(`a second HELP, or a late one: ${name}`)
      if (word === 'TYPE' && types.has(name)) throw new Error(`a second TYPE: ${name}`)
      if (word === 'HELP') helps.add(name)
      else if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest)) throw new Error(line)
      else types.set(name, rest)
      continue
    }
    const sample = readSample(line)
    const family = familyOf(sample.name, types)
    if (family !== current) {
      if (closed.has(family)) throw new Error(`${family} stands in two places`)
      closed.add(family)
      current = family
    }
    const key = `${sample.name} ${keyOf(sample.labels)}`
    if (series.has(key)) throw new Error(`a series twice: ${key}`)
    series.add(key)
    samples.push(sample)
  }
  checkHistograms(samples, types)
  const matching = (name: string, labels: Readonly<Record<string, string>>): readonly Sample[] =>
    samples.filter(
      (each) => each.name === name && Object.entries(labels).every(([label, value]) => each.labels[label] === value),
    )
  return {
    types,
    samples,
    value(name, labels = {}) {
      const found = matching(name, labels)
      if (found.length > 1) throw new Error(`several samples of ${name}`)
      return found[0]?.value
    },
    sum: (name, labels = {}) => matching(name, labels).reduce((sum, { value }) => sum + value, 0),
  }
}

const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)))

function readSample(line: string): Sample {
  const [name = ''] = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line) ?? []
  if (name === '') throw new Error(`no sample: ${line}`)
  let at = name.length
  const labels: Record<string, string> = {}
  if (line[at] === '{') {
    at++
    while (line[at] !== '}') {
      const [label = ''] = /^[a-zA-Z_][a-zA-Z0-9_]*(?==")/.exec(line.slice(at)) ?? []
      if (label === '' || Object.hasOwn(labels, label)) throw new Error(`a bad label: ${line}`)
      at += label.length + 2
      let value = ''
      for (; line[at] !== '"'; at++) {
        if (at >= line.length) throw new Error(`a label without an end: ${line}`)
        if (line[at] !== '\\') value += line[at]
        else {
          const meant = { '\\': '\\', '"': '"', n: '\n' }[line[++at] ?? '']
          if (meant === undefined) throw new Error(`a bad escape: ${line}`)
          value += meant
        }
      }
      labels[label] = value
      at++
      if (line[at] === ',') at++
      else if (line[at] !== '}') throw new Error(`a bad list of labels: ${line}`)
    }
    at++
  }
  const rest = line.slice(at)
  if (!/^ (?:[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|[+-]Inf)$/.test(rest)) throw new Error(`a bad value: ${line}`)
  const word = rest.trim()
  return { name, labels, value: word.endsWith('Inf') ? (word.startsWith('-') ? -Infinity : Infinity) : Number(word) }
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const whole = name.replace(/_(?:bucket|sum|count)$/, '')
  if (whole !== name && types.get(whole) === 'histogram') return whole
  if (types.get(name) === undefined || types.get(name) === 'histogram') throw new Error(`${name} has no TYPE`)
  return name
}

function checkHistograms(samples: readonly Sample[], types: ReadonlyMap<string, string>): void {
  const rows = new Map<string, { bounds: number[]; counts: number[]; count?: number; sum?: number }>()
  for (const { name, labels, value } of samples) {
    const family = name.replace(/_(?:bucket|sum|count)$/, '')
    if (types.get(family) !== 'histogram') continue
    const { le, ...others } = labels
    const key = `${family} ${keyOf(others)}`
    const row = rows.get(key) ?? { bounds: [], counts: [] }
    rows.set(key, row)
    if (name.endsWith('_bucket')) {
      row.bounds.push(le === '+Inf' ? Infinity : Number(le))
      row.counts.push(value)
    } else if (name.endsWith('_count')) row.count = value
    else row.sum = value
  }
  for (const [key, { bounds, counts, count, sum }] of rows) {
    const ascends = (list: readonly number[]): boolean =>
      list.every((each, at) => at === 0 || each >= (list[at - 1] ?? 0))
    if (!ascends(bounds) || !ascends(counts)) throw new Error(`${key} goes down`)
    if (bounds.at(-1) !== Infinity || counts.at(-1) !== count || sum === undefined)
      throw new Error(`${key} is not whole`)
  }
}
