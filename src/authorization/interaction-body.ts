// The body of a form of our own pages: small, and read once.
import type { Readable } from 'node:stream'
import { Refusal } from '#access/refusal.ts'

const MOST_BYTES = 16 * 1024

/** Throws a Refusal where it is too large, or a field is there twice. */
export async function readForm(body: Readable): Promise<ReadonlyMap<string, string>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk as Uint8Array)
    size += bytes.byteLength
    if (size > MOST_BYTES) throw new Refusal('body_too_large', { message: 'The form has more than 16 KiB.' })
    chunks.push(bytes)
  }
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString('utf8'))) {
    if (fields.has(name)) throw new Refusal('malformed_request', { message: 'A field of the form is there twice.' })
    fields.set(name, value)
  }
  return fields
}
