// `keys:` of an application: the file with its public keys, a JWK set (RFC 7517). It is looked at here so that a private
// key is found before anything relies on it; whoever verifies with it reads it again when it changes.
import { createPublicKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { readJson } from '#lib/json.ts'
import type { Surroundings } from './credential.ts'
import { fault, type Field, textOf } from './field.ts'
import { looksSecret } from './problem.ts'

const FIX = 'Put a JWK set with its public keys there: { "keys": […] }; relative paths start at the bundle directory.'
const LARGEST = 64 * 1024
const MOST_KEYS = 20

/** The absolute path. `file:` before it is welcome, as everywhere in a bundle. */
export function keySetOf(field: Field, { directory, referred }: Surroundings): string | undefined {
  const text = textOf(field, 'the path of a file with its public keys')
  if (text === undefined) return undefined
  const written = text.startsWith('file:') ? text.slice('file:'.length) : text
  if (written === '' || written.startsWith('//') || /^[a-z]+:/.test(written) || written.includes('\0')) {
    return fault(field, 'must name a file: file:PATH', FIX)
  }
  const path = resolve(directory, written)
  referred?.add(path)
  const said = faultIn(path)
  if (said === undefined) return path
  return fault(field, `${said[0]}${looksSecret(written) ? '' : `: ${written}`}`, said[1] ?? FIX)
}

type Said = readonly [message: string, fix?: string]

function faultIn(path: string): Said | undefined {
  const keys = keysAt(path)
  if (typeof keys === 'string') return [keys]
  if (keys.length === 0 || keys.length > MOST_KEYS)
    return [`refers to a file with ${keys.length} keys, of 1 to ${MOST_KEYS}`]
  const kids = new Set<unknown>()
  for (const key of keys) {
    const said = faultOf(key)
    if (said) return said
    const { kid } = key as { readonly kid?: unknown }
    if (keys.length > 1 && (typeof kid !== 'string' || kids.has(kid))) {
      return ['refers to a file in which not every key has a `kid` of its own', 'Give each of them one.']
    }
    kids.add(kid)
  }
  return undefined
}

function keysAt(path: string): readonly unknown[] | string {
  const bytes = bytesAt(path)
  if (typeof bytes === 'string') return `refers to a file that ${bytes}`
  return keysIn(bytes) ?? 'refers to a file that is no JWK set'
}

function bytesAt(path: string): Uint8Array | string {
  try {
    const found = statSync(path)
    if (!found.isFile()) return 'is not a file'
    return found.size > LARGEST ? 'is larger than 64 KiB' : readFileSync(path)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : 'cannot be opened'
  }
}

function keysIn(bytes: Uint8Array): readonly unknown[] | undefined {
  try {
    // First the strict reader, for what two parsers could read differently.
    readJson(bytes, { maxDepth: 8, maxValues: 10_000 })
    const document = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly keys?: unknown } | null
    return Array.isArray(document?.keys) ? document.keys : undefined
  } catch {
    return undefined
  }
}

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']
const KINDS: ReadonlySet<string> = new Set(['RSA', 'EC P-256', 'EC P-384', 'OKP Ed25519'])
const STRONG_RSA = 2048
const KINDS_FIX = 'Take Ed25519, P-256, P-384, or RSA of 2048 bits or more.'

function faultOf(key: unknown): Said | undefined {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return ['refers to a file with a key that is none']
  if (PRIVATE.some((member) => Object.hasOwn(key, member))) {
    return [
      'refers to a file with a private key',
      'Leave its private half with the application alone, and make a new pair: this one has been elsewhere.',
    ]
  }
  const { kty, crv, use } = key as Readonly<Record<string, unknown>>
  if (use !== undefined && use !== 'sig')
    return ['refers to a file with a key that is not for signatures', 'Remove it.']
  if (!KINDS.has(kty === 'RSA' ? 'RSA' : `${String(kty)} ${String(crv)}`)) {
    return ['refers to a file with a key of a kind that is not taken', KINDS_FIX]
  }
  const bits = bitsOf(key)
  if (bits === undefined) return ['refers to a file with a key that cannot be read']
  return bits < STRONG_RSA ? ['refers to a file with an RSA key that is too short', KINDS_FIX] : undefined
}

/** Of RSA; of others enough. Undefined where it is no key: a point off its curve, letters that are no base64url. */
function bitsOf(key: object): number | undefined {
  try {
    return createPublicKey({ key: { ...key }, format: 'jwk' }).asymmetricKeyDetails?.modulusLength ?? Infinity
  } catch {
    return undefined
  }
}
