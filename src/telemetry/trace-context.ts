// W3C Trace Context (https://www.w3.org/TR/trace-context/): the caller's place in their trace, and ours below it. What does not
// follow the form is as if it had not been sent (§3.2.2); `tracestate` is nobody's business here, and is not even read.
import type { TraceRecord } from '#access/trail.ts'

/** This exchange's place in the caller's trace. */
export interface TraceContext extends TraceRecord {
  /** Whether the caller records this trace. */
  readonly sampled: boolean
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const LONGEST = 512
const VERSION_00 = 55
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/** Undefined where nothing was sent that can be read. A doubled header comes joined by a comma, and cannot. */
export function readTrace(traceparent: string | null, random: (bytes: number) => Uint8Array): TraceContext | undefined {
  if (traceparent === null || traceparent.length < VERSION_00 || traceparent.length > LONGEST) return undefined
  const [, version, id, parent, flags] = FORM.exec(traceparent) ?? []
  if (version === undefined || id === undefined || parent === undefined || flags === undefined) return undefined
  // §3.2.2.1: ff is no version. Later ones may say more behind a dash, and what they say first means the same.
  if (version === 'ff' || (version === '00' && traceparent.length > VERSION_00)) return undefined
  if (id === NO_TRACE || parent === NO_SPAN) return undefined
  return { id, parent, span: spanFrom(random), sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** As the trail holds it. */
export const recordOfTrace = ({ id, span, parent }: TraceContext): TraceRecord => ({ id, span, parent })

/** What a provider is told: this exchange is its caller. */
export const printTraceparent = ({ id, span, sampled }: TraceContext): string => `00-${id}-${span}-0${sampled ? 1 : 0}`

function spanFrom(random: (bytes: number) => Uint8Array): string {
  const span = Buffer.from(random(8)).toString('hex')
  return span === NO_SPAN ? '0000000000000001' : span
}
