// Findings on a terminal: symbol and word, what was looked at, what was seen, the fix beneath. In columns, folded to the
// width of a terminal; piped, a line stays a line.
import { plain } from '#commands/print-problems.ts'
import { count, type Finding } from './finding.ts'

export interface Page {
  readonly color: boolean
  /** Undefined: never folded. */
  readonly columns: number | undefined
}

type Verdict = Finding['verdict']

const SIGNS: Readonly<Record<Verdict, { readonly sign: string; readonly word: string; readonly code: number }>> = {
  ok: { sign: '✓', word: 'ok', code: 32 },
  warn: { sign: '!', word: 'warn', code: 33 },
  wrong: { sign: '✗', word: 'wrong', code: 31 },
  'not-known': { sign: '–', word: 'not known', code: 2 },
}
const WORDS = 'not known'.length
/** Where what does not fit beside its subject stands beneath it. */
const BENEATH = 2 + WORDS + 2
/** Narrower than this, what is folded beside its subject is a tower of words. */
const LEAST_BESIDE = 48

export function findingLines(findings: readonly Finding[], page: Page): readonly string[] {
  const { columns = Number.POSITIVE_INFINITY } = page
  const rows = findings.map(({ subject, ...rest }) => ({ ...rest, subject: plain(subject) }))
  const checks = Math.max(0, ...rows.map(({ check }) => check.length))
  const widest = columns < 100 ? 20 : 28
  const lengths = rows.map(({ subject }) => subject.length)
  // On a terminal, what is wider has lines of its own: it takes no room from those that align.
  const beside = columns < Number.POSITIVE_INFINITY ? lengths.filter((length) => length <= widest) : lengths
  const subjects = Math.min(widest, Math.max(0, ...beside))
  const aside = BENEATH + checks + 2 + subjects + 2
  const width = columns - aside - 1
  return rows.flatMap(({ verdict, check, subject, said, fix }) => {
    const { sign, word, code } = SIGNS[verdict]
    const paint = (text: string): string => (page.color ? `\u001B[${code}m${text}\u001B[0m` : text)
    const head = `${paint(sign)} ${paint(word)}${' '.repeat(WORDS - word.length)}  ${check.padEnd(checks)}  `
    const texts = [plain(said)].concat(fix === undefined ? [] : [plain(fix)])
    const fits = width >= LEAST_BESIDE || texts.every((text) => text.length <= width)
    if (columns < Number.POSITIVE_INFINITY && (subject.length > subjects || !fits)) {
      return [head + subject].concat(indented(texts, BENEATH, columns))
    }
    const [first = '', ...rest] = indented(texts, aside, columns)
    return [`${head}${subject.padEnd(subjects)}  ${first.trimStart()}`].concat(rest)
  })
}

const indented = (texts: readonly string[], indent: number, columns: number): readonly string[] =>
  texts.flatMap((text) => fold(text, columns - indent - 1)).map((line) => ' '.repeat(indent) + line)

/** At spaces; a word that is longer than a line stays whole. */
function fold(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** `12 ok  1 warning  2 wrong  3 not known` */
export function summary(findings: readonly Finding[]): string {
  const of = (verdict: Verdict): number => findings.filter((each) => each.verdict === verdict).length
  return [
    `${of('ok')} ok`,
    ...(of('warn') > 0 ? [count(of('warn'), 'warning')] : []),
    ...(of('wrong') > 0 ? [`${of('wrong')} wrong`] : []),
    ...(of('not-known') > 0 ? [`${of('not-known')} not known`] : []),
  ].join('  ')
}
