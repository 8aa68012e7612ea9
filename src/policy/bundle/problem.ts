// A fault of a bundle: where, what, and what to do. Text of the bundle is quoted only through `quote`, which hides what
// looks like a secret: problems end up in terminals, pipelines and logs.

export interface Position {
  /** Both from 1; a column counts UTF-16 units. Both 0 where a whole file or directory is meant. */
  readonly line: number
  readonly column: number
}

export interface Problem extends Position {
  readonly severity: 'error' | 'warning'
  /** Relative to the bundle directory. */
  readonly file: string
  /** The key path: `models.fast.use[0]`; of a policy, its id. Empty for a whole file. */
  readonly path: string
  readonly message: string
  /** What to do about it: a sentence. */
  readonly fix: string
}

export type Report = (problem: Problem) => void

const MOST_PROBLEMS = 200

/** Of what is no line of a file: a directory, or a file as a whole. */
export const WHOLE: Position = { line: 0, column: 0 }

/** Ends the reading of a bundle: enough is wrong with it. */
export class TooManyProblems extends Error {
  override readonly name = 'TooManyProblems'
}

/** Throws TooManyProblems at the error after the two hundredth; warnings after as many are dropped. */
export function collectProblems(): { readonly report: Report; readonly problems: () => readonly Problem[] } {
  const errors: Problem[] = []
  const warnings: Problem[] = []
  let more: Problem | undefined
  const report: Report = (given) => {
    const problem = withoutSecrets(given)
    const kind = problem.severity === 'error' ? errors : warnings
    if (kind.length < MOST_PROBLEMS) kind.push(problem)
    else if (more?.severity !== 'error') more = problem
    if (kind === errors && more?.severity === 'error') throw new TooManyProblems(AND_MORE)
  }
  const problems = (): readonly Problem[] => {
    const sorted = sortProblems([...errors, ...warnings])
    return more ? [...sorted, { ...more, path: '', message: AND_MORE, fix: 'Fix these first.' }] : sorted
  }
  return { report, problems }
}

const AND_MORE = 'and more'

/** Other people's words, such as those of the Cedar parser, quote what they please. */
function withoutSecrets({ path, message, fix, ...rest }: Problem): Problem {
  return { ...rest, path: hideKnown(path), message: hideKnown(message), fix: hideKnown(fix) }
}

/** Only what is surely one: the whole text was not quoted through `quote`, and most of it is ours. */
const hideKnown = (text: string): string =>
  text.replaceAll(/[^\s"'`]+/g, (run) => (isKnownSecret(run.slice(0, MOST_LOOKED_AT)) ? '(hidden)' : run))

/** The settings first, then policies and cases, each from the top down: what comes first is often why the rest is wrong. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (left, right) =>
      rank(left.file) - rank(right.file) ||
      compare(left.file, right.file) ||
      left.line - right.line ||
      left.column - right.column ||
      compare(left.path, right.path),
  )
}

const rank = (file: string): number => (file.startsWith('policies/') ? 1 : file.startsWith('cases/') ? 2 : 0)

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

const LONGEST_QUOTE = 80

/** Text of the bundle as a message may show it. */
export function quote(text: string): string {
  if (looksSecret(text)) return '(hidden: it looks like a secret)'
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text)
}

/** A key as a key path shows it. */
export function printKey(key: string): string {
  if (looksSecret(key)) return '(hidden)'
  return /^[\w.-]{1,64}$/.test(key) ? key : quote(key)
}

const KNOWN_SECRET =
  /(?:^|[^A-Za-z0-9])(?:sk-|sk_|pk_live|rk_live|sp_|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|hf_|eyJ|-----BEGIN)/
/** A quote shows less, and the pattern for passwords in addresses is not linear. */
const MOST_LOOKED_AT = 1024
const LONG_RUN = /[A-Za-z0-9+/=_-]{20,}/g

const isKnownSecret = (text: string): boolean => KNOWN_SECRET.test(text) || /\/\/[^/\s]*:[^/\s]*@/.test(text)

/** Errs towards yes: the price is a message that quotes less. */
export function looksSecret(whole: string): boolean {
  const text = whole.slice(0, MOST_LOOKED_AT)
  if (isKnownSecret(text)) return true
  return (text.match(LONG_RUN) ?? []).some(
    (run) => /[0-9]/.test(run) && /[A-Za-z]/.test(run) && !/^[a-z0-9]+(?:[-_/][a-z0-9]+)+$/.test(run),
  )
}
