// Keeps the record of one request true while it goes on: what arrived, and whether its caller hung up.
import type { Seen } from './seen.ts'

export interface Witness {
  readonly body: (body: Body) => void
  /** The answer is over: a hang-up after this is none. */
  readonly ended: () => void
}

/** Records a request that has begun to arrive. What it returns completes the record. */
export function witness(
  request: Request,
  url: URL,
  { seen, at }: { readonly seen: Seen; readonly at: number },
): Witness {
  let over = false
  const id = seen.add({
    method: request.method,
    path: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
    body: '',
    at: new Date(at).toISOString(),
    aborted: false,
  })
  request.signal.addEventListener('abort', () => {
    if (!over) seen.amend(id, { aborted: true })
  })
  return {
    ended: () => {
      over = true
    },
    body: ({ bytes, text }: Body) =>
      seen.amend(id, text === undefined ? { body64: Buffer.from(bytes ?? []).toString('base64') } : { body: text }),
  }
}

export interface Body {
  /** Absent where the caller hung up in the middle. */
  readonly bytes?: Uint8Array
  /** Absent where the bytes are not UTF-8. */
  readonly text?: string
}

/** The whole body; nothing where the caller hung up before its end. */
export async function readBody(request: Request): Promise<Body> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await request.arrayBuffer())
  } catch {
    return {}
  }
  try {
    return { bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { bytes }
  }
}
