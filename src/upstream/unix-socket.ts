// A process of ours behind a Unix socket. Nothing is looked up and nobody is dialled: the path stands in the state directory.
import { Refusal } from '#access/refusal.ts'

export interface SocketRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Headers
  readonly body: Uint8Array | undefined
  readonly signal: AbortSignal
}

export type SocketCaller = (request: SocketRequest) => Promise<Response>

/** Follows no redirect. The caller rejects with a Refusal `not_ready` that says `absent`, where nobody answers there. */
export const socketCaller =
  (socket: string, absent: string): SocketCaller =>
  async ({ method, path, headers, body, signal }) => {
    try {
      return await fetch(`http://localhost${path}`, {
        unix: socket,
        method,
        headers,
        ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}),
        redirect: 'manual',
        decompress: false,
        signal,
        // On a kept connection that turns out to be closed the runtime would send a GET again, unseen.
        ...(method === 'POST' ? {} : { keepalive: false }),
      })
    } catch (cause) {
      throw new Refusal('not_ready', { message: absent, retryAfter: 1, cause })
    }
  }
