// Posts a form to an endpoint of OAuth (RFC 6749 appendix B): one request to the address that was checked, within a time and a
// size, and no redirect is followed.
import { collect } from '#lib/collect.ts'
import type { Dialer } from './dial.ts'
import type { Whereto } from './dial-way.ts'

const MOST_MS = 10_000
const MOST_BYTES = 64 * 1024

/** Rejects with a Refusal where it cannot be reached. `url` MUST be one that the caller's own configuration names. */
export async function postForm(
  { name, url, private: isPrivate }: Omit<Whereto, 'timeouts' | 'ca'>,
  form: Readonly<Record<string, string>>,
  dialer: Dialer,
): Promise<{ readonly status: number; readonly body: string }> {
  const { origin, pathname } = new URL(url)
  const signal = AbortSignal.timeout(MOST_MS)
  const to: Whereto = { name, url: origin, private: isPrivate, timeouts: { connect: MOST_MS } }
  const answer = await dialer.send(await dialer.route(to, signal), {
    method: 'POST',
    path: pathname,
    headers: { 'accept-encoding': 'identity', 'content-type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(new URLSearchParams(form).toString()),
    signal,
  })
  const limits = { bytes: MOST_BYTES, idle: MOST_MS, total: MOST_MS }
  const bytes = answer.body ? await collect(answer.body, limits) : new Uint8Array()
  return { status: answer.status, body: new TextDecoder().decode(bytes) }
}
