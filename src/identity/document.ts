// Reads one JSON document of an issuer through an injected fetch, within bounds: an issuer that hangs, floods or
// answers a web page costs a refresh, never the gate.
import { type Claims, readClaims } from './claims.ts'

/**
 * MUST NOT follow redirects (answer the 3xx as it is), MUST stop when the signal fires, and may reject with anything.
 * Its host decides which addresses may be dialled.
 */
export type FetchJson = (url: string, signal: AbortSignal) => Promise<Response>

const MOST_BYTES = 1024 * 1024

/** Rejects with a plain Error of one short sentence. */
export async function readDocument(fetchJson: FetchJson, url: string, signal: AbortSignal): Promise<Claims> {
  const response = await fetchJson(url, signal)
  if (response.status !== 200 || response.redirected) {
    await response.body?.cancel()
    throw new Error(`${url} answered ${response.redirected ? 'with a redirect' : response.status}`)
  }
  const bytes = await readBounded(response, url)
  try {
    return readClaims(bytes)
  } catch (cause) {
    throw new Error(`${url} did not answer with a JSON object`, { cause })
  }
}

async function readBounded(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (size > MOST_BYTES) throw new Error(`${url} answered more than 1 MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/** Rejects after `ms` even when the work ignores its signal. */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${ms} ms`)
      reject(error)
      controller.abort(error)
    }, ms)
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
