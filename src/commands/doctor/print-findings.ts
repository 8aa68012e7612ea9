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
const WIDEST_SUBJECT = 28
/** Narrower than this, folding would leave a word a line. */
const LEAST_TEXT = 24

export function findingLines(findings: readonly Finding[], page: Page): readonly string[] {
  const rows = findings.map(({ subject, ...rest }) => ({ ...rest, subject: plain(subject) }))
  const checks = Math.max(0, ...rows.map(({ check }) => check.length))
  const subjects = Math.min(WIDEST_SUBJECT, Math.max(0, ...rows.map(({ subject }) => subject.length)))
  const before = 2 + WORDS + 2 + checks + 2
  const aligned = before + subjects + 2
  return rows.flatMap(({ verdict, check, subject, said, fix }) => {
    const { sign, word, code } = SIGNS[verdict]
    const paint = (text: string): string => (page.color ? `\u001B[${code}m${text}\u001B[0m` : text)
    const head = `${paint(sign)} ${paint(word)}${' '.repeat(WORDS - word.length)}  ${check.padEnd(checks)}  `
    const texts = [plain(said), ...(fix === undefined ? [] : [plain(fix)])]
    // A long subject has the line for itself: cut off, a path is of no use.
    const [indent, alone] = subject.length > subjects || narrow(aligned, page) ? [before, true] : [aligned, false]
    const [first = '', ...rest] = texts.flatMap((text) => fold(text, indent, page))
    const below = (lines: readonly string[]): readonly string[] => lines.map((line) => ' '.repeat(indent) + line)
    return alone
      ? [head + subject].concat(below([first].concat(rest)))
      : [`${head}${subject.padEnd(subjects)}  ${first}`].concat(below(rest))
  })
}

const narrow = (aligned: number, { columns }: Page): boolean => columns !== undefined && columns - aligned < LEAST_TEXT

/** At spaces; a word that is longer than a line stays whole. */
function fold(text: string, indent: number, { columns }: Page): readonly string[] {
  if (columns === undefined) return [text]
  const width = Math.max(LEAST_TEXT, columns - indent - 1)
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
