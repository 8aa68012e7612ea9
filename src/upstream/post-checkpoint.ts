// Posts a checkpoint to a witness (C2SP tlog-witness): one request to the address that was checked, within a time and a size, and no
// redirect is followed.
import { collect } from '#lib/collect.ts'
import type { Dialer } from './dial.ts'
import type { Whereto } from './dial-way.ts'

const CONNECT_MS = 5_000
const MOST_MS = 10_000
const MOST_BYTES = 64 * 1024

/** For one witness: its name and its private network are the bundle's. The url that is posted to stands below the witness's own. */
export function checkpointPoster({ name, url, private: isPrivate }: Omit<Whereto, 'timeouts' | 'ca'>, dialer: Dialer) {
  const origin = url.replace(/\/$/, '')
  const to: Whereto = { name, url: origin, private: isPrivate, timeouts: { connect: CONNECT_MS } }
  return async (target: string, text: string, stop: AbortSignal) => {
    if (!target.startsWith(`${origin}/`)) throw new Error('a checkpoint is posted to its witness alone')
    const signal = AbortSignal.any([stop, AbortSignal.timeout(MOST_MS)])
    const route = await dialer.route(to, signal)
    const answer = await dialer.send(route, {
      method: 'POST',
      path: target.slice(origin.length),
      headers: {
        'accept-encoding': 'identity',
        'content-type': 'text/plain; charset=utf-8',
        'user-agent': 'sallyport',
      },
      body: Buffer.from(text),
      signal,
    })
    const limits = { bytes: MOST_BYTES, idle: MOST_MS, total: MOST_MS }
    const bytes = answer.body ? await collect(answer.body, limits) : new Uint8Array()
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      body: new TextDecoder('utf-8', { fatal: false }).decode(bytes),
    }
  }
}
