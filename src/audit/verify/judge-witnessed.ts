// Holds a log against what witnesses saw of it: does it still begin with that? Its own checkpoint cannot tell: whoever
// has the key, or an older copy, has a checkpoint for any beginning, and for another history.
import type { Problem, Vouched } from './report.ts'
import { readOrigin, type Witnessed } from './witnessed.ts'

/** The log as it lies there. */
export interface AtHand {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  /** The root of its first entries, where there are so many, of the side (entries or tiles) that gives the signed root. */
  readonly rootAt: (size: number) => Buffer | undefined
}

export function judgeWitnessed(log: AtHand, witnessed: readonly Witnessed[]): readonly Problem[] {
  return witnessed.flatMap((head) => judge(log, head) ?? [])
}

function judge(log: AtHand, head: Witnessed): Problem | undefined {
  const saw = `${head.by} saw ${entries(head.size)} at ${moment(head.time)}`
  if (log.origin !== head.origin) {
    const message = `this is another log than the one that the witness knows as ${head.origin}: ${saw}`
    return { kind: 'forked', message }
  }
  if (log.size < head.size) return endsEarly(log, head, saw)
  const root = log.rootAt(head.size)
  if (root === undefined || root.equals(head.root)) return undefined
  const message = `this is another history: ${saw}, and not as the first ${entries(head.size)} are here`
  return { kind: 'forked', message }
}

/** Where it ends now, did it ever end there? The witness may remember. */
function endsEarly({ size, root }: AtHand, { seen, ...head }: Witnessed, saw: string): Problem {
  const gone = `${entries(head.size - size)} at its end ${head.size - size === 1 ? 'is' : 'are'} gone`
  const then = seen?.(size, root)
  if (then !== undefined) {
    const message = `the log was rolled back to what it was at ${moment(then)}, with ${entries(size)}: ${saw}; ${gone}`
    return { kind: 'rolled-back', index: size, message }
  }
  const never = seen ? ', where the witness never saw it end' : ', or was rolled back'
  const message = `the log was cut off after ${entries(size)}${never}: ${saw}; ${gone}`
  return { kind: 'truncated', index: size, message }
}

/** A log that a witness knows, and that is not there at all. */
export function missingFrom(heads: readonly Witnessed[]): readonly Problem[] {
  return heads.map((head) => ({
    kind: 'missing-log',
    message: `there is no log ${readOrigin(head.origin)?.log ?? head.origin} here, but ${head.by} saw ${entries(head.size)} of it at ${moment(head.time)}`,
  }))
}

/** What is vouched for, and from where on nobody knows. */
export function unknownBesides(log: AtHand, witnessed: readonly Witnessed[]): readonly string[] {
  return witnessed.map(({ by, size, time }) => {
    const rest = log.size > size ? `; entries from ${size} on are signed by the log alone` : ''
    return `${by} vouches for the first ${entries(size)}, as of ${moment(time)}${rest}. What came after that nobody has seen.`
  })
}

export const vouchedBy = ({ by, size, time }: Witnessed): Vouched => ({ by, entries: size, time: moment(time) })

const entries = (count: number): string => (count === 1 ? '1 entry' : `${count} entries`)

/** To the second. */
function moment(time: number): string {
  const date = new Date(time * 1000)
  return Number.isNaN(date.getTime()) ? `second ${time}` : date.toISOString().replace('.000', '')
}
