// How an answer leaves, in every protocol: whole or as a stream, at the pace and up to the point that the directives ask for.
import type { Directives } from './directives.ts'
import type { ModelCall } from './model-call.ts'
import { pacedBody, type Pace, type Part } from './paced-body.ts'

export interface Delivery {
  readonly directives: Directives
  readonly call: ModelCall
  readonly headers: Readonly<Record<string, string>>
  /** What a stream says, in its protocol's own terms, when it was asked to fail after so many parts. */
  readonly failure?: (sent: number) => string
}

export function deliverStream(parts: Iterable<Part>, delivery: Delivery): Response {
  const headers = {
    ...delivery.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  }
  return new Response(pacedBody(parts, paceOf(delivery)), { headers })
}

/** A whole answer is one piece: it waits once, and only a dropped one is cut between the pieces of its text. */
export async function deliverWhole(parts: readonly Part[], delivery: Delivery): Promise<Response> {
  const { directives, call } = delivery
  const headers = { ...delivery.headers, 'content-type': 'application/json' }
  if (directives.die !== undefined) return new Response(pacedBody(parts, paceOf(delivery)), { headers })
  if (directives.delay > 0) await call.wait(directives.delay, call.signal)
  return new Response(parts.map((part) => part.text).join(''), { headers })
}

function paceOf({ directives, call, failure }: Delivery): Pace {
  const { delay, die, fail } = directives
  return {
    delay,
    wait: call.wait,
    ended: call.ended,
    ...(die !== undefined && { die }),
    ...(fail !== undefined && failure !== undefined && { fail: { after: fail, text: failure } }),
  }
}

/** An answer's JSON, split at the pieces of the string that stands under `key`; in its middle where no such string stands. */
export function jsonParts(json: string, key: string, pieces: readonly string[]): readonly Part[] {
  const escaped = pieces.map((piece) => JSON.stringify(piece).slice(1, -1))
  const text = escaped.join('')
  const found = json.indexOf(`"${key}":"${text}"`)
  if (found === -1) {
    const middle = Math.floor(json.length / 2)
    return [
      { kind: 'piece', text: json.slice(0, middle) },
      { kind: 'end', text: json.slice(middle) },
    ]
  }
  const start = found + key.length + 4
  return [
    { kind: 'lead', text: json.slice(0, start) },
    ...escaped.map((piece): Part => ({ kind: 'piece', text: piece })),
    { kind: 'end', text: json.slice(start + text.length) },
  ]
}

export interface AskedFailure {
  readonly status: number
  readonly message: string
}

/** The failure that the caller asked for, once its delay is over. Its message is what was to be said, where anything was. */
export async function askedFailure(directives: Directives, call: ModelCall): Promise<AskedFailure | undefined> {
  const { status, say, delay } = directives
  if (status === undefined) return undefined
  if (delay > 0) await call.wait(delay, call.signal)
  return { status, message: say ?? `The demo was asked for ${status}.` }
}
