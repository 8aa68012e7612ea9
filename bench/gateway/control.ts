// Whether what was measured did its work. Before and after, a credential goes each way, and has to be caught; and in the end the
// log must hold a decision and an outcome for every request that was sent, each with all of its text inspected.
import { join } from 'node:path'
import { readEntries } from '#audit/read.ts'
import { verifyAll } from '#audit/verify/verify-all.ts'
import { askOnce } from './caller.ts'
import { backwards, CONTROL, controlBody, LEAK, SECRET } from './conversation.ts'
import type { Target } from './world.ts'

/** What control requests leave in the log: entries with a finding, and outcomes of requests that no provider saw. */
export interface Controls {
  readonly requests: number
  readonly caught: number
  readonly denied: number
}

/** Throws unless a credential in a prompt and another in an answer are both taken out, in plain answers and in streams. */
export async function controlRequests(target: Target): Promise<Controls> {
  for (const stream of [false, true]) {
    const { status, body } = await ask(target, controlBody(stream, target.model))
    const said = textOf(body, stream)
    if (status !== 200) throw new Error(`${target.name}: the control request got ${status}: ${body}`)
    if (!said.includes(backwards('is that bad')))
      throw new Error(`${target.name}: the provider did not say what it got: ${said}`)
    if (holdsCredential(said)) throw new Error(`${target.name} let a credential through: ${said}`)
  }
  return { requests: 2, caught: 4, denied: 0 }
}

/** In tier 3 a credential in a prompt is a no, and one in an answer is not shown. */
export async function controlBlocked(target: Target): Promise<Controls> {
  const asked = controlBody(false, target.model)
  // Without the mark its answer would be an ordinary one: the no can only be about the prompt.
  const { status } = await ask(target, asked.replace(CONTROL, 'hello'))
  if (status !== 403) throw new Error(`${target.name}: a credential in a prompt got ${status}`)
  const leaking = await ask(target, asked.replace(SECRET, 'gone'))
  if (holdsCredential(leaking.body)) throw new Error(`${target.name} let a credential through: ${leaking.body}`)
  return { requests: 2, caught: 2, denied: 1 }
}

const ask = ({ port, headers }: Target, body: string) => askOnce({ port, headers, body })
/** The prompt's would come backwards, as the provider says all that it got. */
const holdsCredential = (text: string): boolean => text.includes(backwards(SECRET)) || text.includes(LEAK)

/** Portkey's rules deny: with a credential either way there is no answer. Of its streams it sees the requests only. */
export async function controlDenials(target: Target): Promise<void> {
  const bodies = [controlBody(false, target.model), controlBody(true, target.model)]
  const leaks = controlBody(false, target.model).replace(SECRET, 'gone')
  for (const body of [...bodies, leaks]) {
    const { status } = await ask(target, body)
    if (status !== 446) throw new Error(`${target.name}: a credential got ${status}, and not a denial`)
  }
}

/** After the gateway has stopped. Throws where the log is not what it must be. */
export async function checkLog(state: string, sent: Controls): Promise<void> {
  const audit = join(state, 'audit')
  const count = { decision: 0, outcome: 0, caught: 0, unseen: 0 }
  for await (const entry of readEntries(join(audit, 'gateway-0'))) {
    if (entry.kind !== 'decision' && entry.kind !== 'outcome') continue
    count[entry.kind] += 1
    const { findings, checks } = entry as unknown as Recorded
    if (findings.some(({ kind }) => kind === 'aws-access-key')) count.caught += 1
    if (!sawAll(checks, entry.kind === 'decision' ? 'request' : 'answer')) count.unseen += 1
  }
  const { requests, caught, denied } = sent
  const wanted = { decision: requests, outcome: requests, caught, unseen: denied }
  const differing = Object.entries(wanted).filter(([name, value]) => count[name as keyof typeof count] !== value)
  if (differing.length > 0) {
    throw new Error(`the log holds ${JSON.stringify(count)}, and has to hold ${JSON.stringify(wanted)}`)
  }
  const report = await verifyAll(audit)
  if (!report.ok) throw new Error(`the log does not verify: ${JSON.stringify(report.logs)}`)
}

interface Recorded {
  readonly findings: readonly { readonly kind: string }[]
  readonly checks: readonly {
    readonly direction?: string
    readonly coverage?: { readonly seen: number; readonly of: number }
  }[]
}

/** An inspector read some text in that direction, and all that there was. */
const sawAll = (checks: Recorded['checks'], way: string): boolean =>
  checks.some((check) => {
    const { direction, coverage } = check
    return direction === way && coverage !== undefined && coverage.of > 0 && coverage.seen === coverage.of
  })

/** What a caller would show: of a stream, the pieces put together. */
function textOf(body: string, stream: boolean): string {
  if (!stream) return body
  const contents = [...body.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => {
    const { choices } = JSON.parse(json) as { choices?: { delta?: { content?: string } }[] }
    return choices?.[0]?.delta?.content ?? ''
  })
  return contents.join('')
}
