// A bundle's problems on a terminal: where, which key, what; the fix beneath. Symbols and words, never colour alone.
import type { Problem } from '#policy/bundle/problem.ts'
import type { Io } from './io.ts'

export function printProblems(problems: readonly Problem[], io: Pick<Io, 'err' | 'color'>): void {
  for (const line of problemLines(problems, io.color)) io.err(line)
}

const WIDEST_PLACE = 44
const WIDEST_PATH = 40

/** Two lines a problem, in columns. */
export function problemLines(problems: readonly Problem[], color: boolean): readonly string[] {
  const rows = problems.map((problem) => ({
    problem,
    place: plain(placeOf(problem)),
    path: plain(problem.path),
  }))
  const placeWidth = Math.min(WIDEST_PLACE, Math.max(0, ...rows.map(({ place }) => place.length)))
  const pathWidth = Math.min(WIDEST_PATH, Math.max(0, ...rows.map(({ path }) => path.length)))
  const indent = ' '.repeat(2 + placeWidth + 2 + (pathWidth === 0 ? 0 : pathWidth + 2))
  return rows.flatMap(({ problem, place, path }) => {
    const key = pathWidth === 0 ? '' : `${path.padEnd(pathWidth)}  `
    const word = problem.severity === 'warning' ? 'warning: ' : ''
    const head = `${mark(problem.severity, color)} ${place.padEnd(placeWidth)}  ${key}${word}${plain(problem.message)}`
    return [head, `${indent}${plain(problem.fix)}`]
  })
}

/** A whole file or directory has no line. */
const placeOf = ({ file, line, column }: Problem): string => (line === 0 ? file : `${file}:${line}:${column}`)

export function mark(severity: Problem['severity'], color: boolean): string {
  const [symbol, code] = severity === 'error' ? ['✗', 31] : ['!', 33]
  return color ? `\u001b[${code}m${symbol}\u001b[0m` : symbol
}

/** Text of a bundle on one line, and without what would steer a terminal. */
export function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '\u{FFFD}')
}
