// The form of a request, read before the library reads it, and handed on to it: changed in places, or as it came.
import type { ParameterizedContext } from 'koa'
import { Refusal } from '#access/refusal.ts'

type IncomingMessage = ParameterizedContext['req']

export interface Form {
  /** Undefined where it is absent, empty, or was sent more than once: the library says what is wrong with that. */
  get(name: string): string | undefined
  set(name: string, value: string): void
  /** As it would be sent. */
  bytes(): Buffer
}

/** The library takes no more. */
const MOST_BYTES = 56 * 1024

const FORM = 'application/x-www-form-urlencoded'

/** Undefined for what is no form; nothing was read then. Rejects with a Refusal `body_too_large`. */
export async function readForm(request: IncomingMessage): Promise<Form | undefined> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== FORM) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES)
      throw new Refusal('body_too_large', { message: `The request may have ${MOST_BYTES} bytes at most.` })
    chunks.push(chunk)
  }
  return formOf(Buffer.concat(chunks))
}

function formOf(sent: Buffer): Form {
  const fields = new URLSearchParams(sent.toString('utf8'))
  let changed = false
  return {
    get(name) {
      const [value, ...more] = fields.getAll(name)
      return more.length > 0 || value === '' ? undefined : value
    },
    set(name, value) {
      fields.set(name, value)
      changed = true
    },
    bytes: () => (changed ? Buffer.from(fields.toString()) : sent),
  }
}

/** Whom a client assertion names: its own word. */
export function subjectOf(assertion: string): string | undefined {
  const [, claims = ''] = assertion.split('.', 2)
  const text = Buffer.from(claims.slice(0, 4096), 'base64url').toString('latin1')
  return text.match(/"sub"\s*:\s*"([^"]{1,256})"/)?.[1]
}

/** The library reads a request's body by these two members, and nothing else of it; and as what was read here, in no other charset. */
export function replayForm(request: IncomingMessage, form: Form): void {
  const bytes = form.bytes()
  request.headers['content-type'] = FORM
  request.headers['content-length'] = String(bytes.length)
  delete request.headers['transfer-encoding']
  Object.defineProperties(request, {
    readable: { value: true, configurable: true },
    readableEncoding: { value: null, configurable: true },
    iterator: { value: () => once(bytes), configurable: true },
  })
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
