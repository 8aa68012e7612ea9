// Reads a request's body whole, within bounds of size and time: one that says it is over the limit is refused unread.
import { Refusal } from '#access/refusal.ts'
import { CollectError, collect } from '#lib/collect.ts'
import type { Limits } from './exchange.ts'

export interface BodyBounds extends Pick<Limits, 'bodyIdle' | 'bodyTotal'> {
  readonly bytes: number
}

/** Throws a Refusal: `unsupported_media_type`, `body_too_large`, `request_timeout` or `malformed_request`. */
export async function readBody(request: Request, bounds: BodyBounds): Promise<Uint8Array> {
  requireJson(request.headers)
  const declared = request.headers.get('content-length')
  if (declared !== null && !(Number(declared) <= bounds.bytes)) throw tooLarge(bounds.bytes)
  if (declared !== null && Number(declared) <= SHORT) return readShort(request, bounds)
  if (!request.body) return new Uint8Array(0)
  try {
    return await collect(request.body, { bytes: bounds.bytes, idle: bounds.bodyIdle, total: bounds.bodyTotal })
  } catch (error) {
    throw refused(error, bounds)
  }
}

/** A body that says it is no longer than this has the time of one pause to arrive, in all: read whole, it costs a fraction. */
const SHORT = 256 * 1024

async function readShort(request: Request, { bodyIdle, bodyTotal }: BodyBounds): Promise<Uint8Array> {
  const waiting = Promise.withResolvers<Uint8Array>()
  const timer = setTimeout(beLate, Math.min(bodyIdle, bodyTotal), waiting.reject)
  try {
    request.bytes().then(waiting.resolve, waiting.reject)
    return await waiting.promise
  } catch (error) {
    const why = error instanceof CollectError ? error : new CollectError('broken', error)
    throw refused(why, { bytes: SHORT })
  } finally {
    clearTimeout(timer)
  }
}

const beLate = (reject: (error: CollectError) => void): void => reject(new CollectError('too-slow'))

/** Whether one comes: of a GET the server shows none, and reads it all the same. */
export function bringsBody({ body, headers }: Request): boolean {
  if (body !== null || headers.has('transfer-encoding')) return true
  const length = headers.get('content-length')
  return length !== null && length !== '0'
}

function refused(error: unknown, bounds: Pick<BodyBounds, 'bytes'>): unknown {
  if (!(error instanceof CollectError)) return error
  switch (error.reason) {
    case 'too-large':
      return tooLarge(bounds.bytes)
    case 'too-slow':
      return new Refusal('request_timeout', { message: 'The body did not arrive in time.' })
    case 'broken':
      return new Refusal('malformed_request', { message: 'The body broke off before its end.', cause: error })
  }
}

const tooLarge = (bytes: number): Refusal =>
  new Refusal('body_too_large', { message: `The body is larger than the ${bytes} bytes that are read here.` })

function requireJson(headers: Headers): void {
  const type = headers.get('content-type') ?? ''
  if (!/^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type)) {
    throw new Refusal('unsupported_media_type', {
      message: 'Send the body as `content-type: application/json`, in UTF-8.',
    })
  }
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new Refusal('unsupported_media_type', { message: 'Send the body without a content-encoding.' })
  }
}
