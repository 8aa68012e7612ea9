// `context:`: what of the caller's own word policy may read.
import type { Config } from './config.ts'
import { fault, type Field, fieldsOf, listOf, textOf } from './field.ts'
import { quote } from './problem.ts'

// What proves who is calling must not become data that policies compare and audit entries could show.
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-sallyport-user-token',
  'client-cert',
  'api-key',
  'dpop',
])

export function claimedOf(field: Field | undefined): Config['claimed'] {
  const fields = field && fieldsOf(field, { known: ['headers', 'metadata'] })
  const headers = fields?.get('headers')
  const metadata = fields?.get('metadata')
  return {
    headers: (headers && listOf(headers, 'header names', headerOf)) ?? [],
    metadata: (metadata && listOf(metadata, 'metadata fields', metadataOf)) ?? [],
  }
}

function headerOf(field: Field): string | undefined {
  const text = textOf(field, 'the name of a header')
  if (text === undefined) return undefined
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(text)) {
    return fault(
      field,
      `is not the name of a header in lower case: ${quote(text)}`,
      'Write it in lower case: x-purpose.',
    )
  }
  if (!CREDENTIAL_HEADERS.has(text)) return text
  return fault(
    field,
    `${text} carries a credential, which policy never sees`,
    'Remove it; who calls is in `principal`.',
  )
}

function metadataOf(field: Field): string | undefined {
  const text = textOf(field, 'the name of a metadata field')
  if (text === undefined || /^[\w.-]{1,64}$/.test(text)) return text
  return fault(
    field,
    `is not the name of a metadata field: ${quote(text)}`,
    'Use letters, digits, dot, dash and underscore.',
  )
}
