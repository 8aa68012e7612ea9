// The doctor's way out: one GET, within a time and a size, that never throws and says what stood in its way in words for
// people. What it cannot do is the point: nothing is sent but headers, and no redirect is followed.
import { Refusal } from '#access/refusal.ts'
import type { Dialer } from './dial.ts'
import type { Whereto } from './dial-way.ts'

export interface LookAt {
  readonly url: string
  /** What of the bundle `url` is below: its address is then judged and dialled as for any request to it. */
  readonly to?: Whereto
  readonly headers?: Readonly<Record<string, string>>
  /** Only to ask who listens on a port of this machine; MUST NOT be used with a secret in `headers`. */
  readonly anyCertificate?: true
  /** Milliseconds, for all of it. */
  readonly within: number
}

export type Looked =
  | {
      readonly ok: true
      readonly status: number
      readonly headers: Headers
      readonly bytes: Uint8Array
      /** Milliseconds until all of it was there. */
      readonly took: number
      /** How far its clock is ahead of ours in milliseconds, to about a second; undefined where it does not say. */
      readonly ahead: number | undefined
    }
  | {
      readonly ok: false
      readonly trouble: 'address' | 'name' | 'connection' | 'certificate' | 'time' | 'size'
      /** A part of a sentence: `its certificate has expired`. */
      readonly said: string
    }

export type Look = (at: LookAt) => Promise<Looked>

/** `now` in milliseconds since the epoch. */
export function looker(dialer: Dialer, now: () => number): Look {
  return async (at) => {
    let sent = now()
    try {
      const signal = AbortSignal.timeout(at.within)
      const sending = { accept: 'application/json', 'user-agent': 'sallyport', ...at.headers }
      const route = at.to && (await dialer.route(at.to, signal))
      sent = now()
      const response = await (at.to && route
        ? dialer.send(route, { method: 'GET', path: at.url.slice(at.to.url.length), headers: sending, signal })
        : fetch(at.url, {
            headers: sending,
            signal,
            redirect: 'manual',
            ...(at.anyCertificate && { tls: { rejectUnauthorized: false } }),
          }))
      const half = (now() - sent) / 2
      const bytes = await bounded(response)
      if (!bytes) return { ok: false, trouble: 'size', said: `answers more than ${MOST_BYTES / 2 ** 20} MiB` }
      const { status, headers } = response
      return { ok: true, status, headers, bytes, took: now() - sent, ahead: aheadOf(headers, sent + half) }
    } catch (error) {
      return { ok: false, ...troubleOf(error, at.within) }
    }
  }
}

const MOST_BYTES = 8 * 2 ** 20

async function bounded(response: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (size > MOST_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/** `Date` is when the origin wrote it; what a cache held since then is its `Age` (RFC 9111 §4.2.3). */
function aheadOf(headers: Headers, at: number): number | undefined {
  const written = Date.parse(headers.get('date') ?? '')
  const age = headers.get('age') ?? '0'
  if (!Number.isFinite(written) || !/^\d{1,9}$/.test(age)) return undefined
  // It says whole seconds, rounded down.
  return written + 500 + Number(age) * 1000 - at
}

type Trouble = Omit<Extract<Looked, { readonly ok: false }>, 'ok'>

function troubleOf(error: unknown, within: number): Trouble {
  if (error instanceof Refusal) return refusedBy(error)
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { trouble: 'time', said: `does not answer within ${within / 1000} s` }
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return TROUBLES.get(code) ?? { trouble: 'connection', said: `cannot be spoken with (${code || 'no reason given'})` }
}

/** The cause is for operators, and this is one. Of what never connected, the words for callers would say too little. */
function refusedBy({ reason, detail: { cause, message } }: Refusal): Trouble {
  const said = cause instanceof Error ? cause.message : message
  if (reason === 'provider_address_refused') return { trouble: 'address', said }
  const under = cause instanceof Error && cause.cause instanceof Error && 'code' in cause.cause ? cause.cause.code : ''
  return TROUBLES.get(String(under)) ?? { trouble: 'connection', said: 'takes no connection' }
}

const certificate = (said: string): Trouble => ({ trouble: 'certificate', said })
const connection = (said: string): Trouble => ({ trouble: 'connection', said })
const noName: Trouble = { trouble: 'name', said: 'leads to no address' }
const unknownSigner = certificate('has a certificate that is signed by nobody who is trusted')

const TROUBLES: ReadonlyMap<string, Trouble> = new Map([
  ['ENOTFOUND', noName],
  ['EAI_AGAIN', noName],
  ['DNSResolutionFailed', noName],
  ['ECONNREFUSED', connection('refuses the connection: nothing listens there')],
  ['ConnectionRefused', connection('refuses the connection: nothing listens there')],
  ['ECONNRESET', connection('closes the connection without an answer')],
  ['EPROTO', connection('does not speak TLS on that port')],
  ['CERT_HAS_EXPIRED', certificate('has a certificate that has expired')],
  ['CERT_NOT_YET_VALID', certificate('has a certificate that is not valid yet')],
  ['ERR_TLS_CERT_ALTNAME_INVALID', certificate('has a certificate for another name')],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unknownSigner],
  ['UNABLE_TO_GET_ISSUER_CERT', unknownSigner],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unknownSigner],
  ['SELF_SIGNED_CERT_IN_CHAIN', unknownSigner],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', unknownSigner],
])
