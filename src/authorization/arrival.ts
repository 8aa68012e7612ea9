// Whose request it is and under which exchange, as the gateway says that hands it on. Nobody else can: the socket is the owner's alone.
import { Refusal } from '#access/refusal.ts'
import { ulidTime } from '#lib/ulid.ts'

export interface Arrival {
  readonly exchange: string
  /** The caller's address. */
  readonly source: string
}

export const SOURCE = 'x-sallyport-source'
export const EXCHANGE_ID = 'x-sallyport-exchange'

/** Throws a Refusal `malformed_request` for what did not come through the gateway. */
export function arrivalOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Arrival {
  const exchange = headers[EXCHANGE_ID]
  const source = headers[SOURCE]
  if (typeof exchange === 'string' && ulidTime(exchange) !== undefined && typeof source === 'string' && source !== '') {
    return { exchange, source }
  }
  throw new Refusal('malformed_request', { message: 'The authorization server is reached through the gateway only.' })
}
