// A provider's credential, which a bundle only ever refers to. Nothing of the value is quoted in any message: what is
// not a reference is most likely the secret itself.
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync, type Stats } from 'node:fs'
import { resolve } from 'node:path'
import type { CredentialReference, VaultSettings } from '#access/provider.ts'
import { type Field, fault, textOf, warn } from './field.ts'
import { looksSecret } from './problem.ts'

export interface Surroundings {
  /** The bundle's own, for references to it. */
  readonly vault?: VaultSettings
  /** Paths of the files that the bundle was found to refer to. */
  readonly referred?: Set<string>
  /** What relative paths are relative to. */
  readonly directory: string
  /** Whether an environment variable is set. Absent: it cannot be known here, and is not checked. */
  readonly environment?: ((name: string) => boolean) | undefined
}

const USE_A_REFERENCE =
  'Put the secret into a file of mode 0600 and write `file:PATH`, or write `vault:PATH#KEY` or `env:NAME`.'

export function credentialOf(field: Field, around: Surroundings): CredentialReference | undefined {
  const { node } = field
  const text = node.kind === 'text' ? node.text : ''
  if (text.startsWith('vault:')) return vaultReference(field, text.slice('vault:'.length), around)
  if (text.startsWith('file:')) return fileReference(field, text.slice('file:'.length), around)
  if (text.startsWith('env:')) return environmentReference(field, text.slice('env:'.length), around)
  if (looksSecret(text)) {
    return fault(
      field,
      'holds a secret in the clear',
      `${USE_A_REFERENCE} Then replace the secret: it has been written down.`,
    )
  }
  return fault(field, 'must be a reference: file:PATH, vault:PATH#KEY or env:NAME', USE_A_REFERENCE)
}

/** `file:PATH` and nothing else: what is no credential of a provider. */
export function fileOf(
  field: Field,
  around: Surroundings,
  { secret }: { readonly secret: boolean },
): { readonly path: string } | undefined {
  const text = textOf(field, 'file:PATH')
  if (text === undefined) return undefined
  if (text.startsWith('file:')) return fileReference(field, text.slice('file:'.length), { ...around, secret })
  return fault(field, 'must be file:PATH', 'Put it into a file and write `file:PATH`.')
}

/** The text of a PEM file with certificates: public, so it is read with the bundle. */
export function authoritiesOf(field: Field, around: Surroundings): string | undefined {
  const file = fileOf(field, around, { secret: false })
  if (!file) return undefined
  const text = readText(file.path)
  if (text === undefined) return fault(field, 'refers to a file that cannot be read', PEM_FIX)
  const blocks = text.match(CERTIFICATE) ?? []
  if (blocks.length > 0 && blocks.every(isCertificate)) {
    // Nothing else of the file: a key that lies beside them would be kept with the bundle.
    return `${blocks.join('\n')}\n`
  }
  return fault(
    field,
    'refers to a file without certificates, or with one that cannot be read',
    "Put the authority's certificate into it, in the text form that is called PEM.",
  )
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

function isCertificate(pem: string): boolean {
  try {
    void new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

const MOST_AUTHORITIES = 4 * 1024 * 1024

function readText(path: string): string | undefined {
  try {
    if (statSync(path).size > MOST_AUTHORITIES) return undefined
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function fileReference(
  field: Field,
  written: string,
  { directory, referred, secret = true }: Surroundings & { readonly secret?: boolean },
): { readonly from: 'file'; readonly path: string } | undefined {
  if (written === '' || written.startsWith('//') || written.includes('\0')) {
    return fault(field, 'must name a file: file:PATH', 'Write the path itself, without //: file:/run/secrets/provider.')
  }
  const path = resolve(directory, written)
  referred?.add(path)
  const found = look(path)
  const fix = secret ? SECRET_FIX : PEM_FIX
  // The path is shown as it was written; a secret that was pasted behind `file:` by mistake is not.
  const [shown, it] = looksSecret(written) ? ['the file', 'FILE'] : [written, written]
  if (typeof found === 'string') return fault(field, `refers to a file that ${found}: ${shown}`, fix)
  if (!found.isFile()) return fault(field, `refers to something that is not a file: ${shown}`, fix)
  if (found.size === 0)
    return fault(field, `refers to an empty file: ${shown}`, secret ? 'Write the secret into it.' : fix)
  if (secret && (found.mode & 0o077) !== 0) {
    warn(field, `refers to a file that others on this machine may open: ${shown}`, `Run: chmod 600 ${it}`)
  }
  return { from: 'file', path }
}

const FROM = 'relative paths start at the bundle directory.'
const SECRET_FIX = `Create it with the secret as its only content; ${FROM}`
/** Certificates are all that a bundle refers to besides. */
const PEM_FIX = `Put the certificate there, in the text form that is called PEM; ${FROM}`

function look(path: string): Stats | 'does not exist' | 'cannot be opened' {
  try {
    return statSync(path)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : 'cannot be opened'
  }
}

/** The path with its mount first, as `vault kv get` takes it; the key within it behind `#`. */
function vaultReference(field: Field, written: string, { vault }: Surroundings): CredentialReference | undefined {
  const [, path, key] = /^([A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+){1,15})#([A-Za-z0-9_.-]{1,128})$/.exec(written) ?? []
  if (path !== undefined && key !== undefined && !path.split('/').some((part) => /^\.+$/.test(part))) {
    return { from: 'vault', path, key, ...(vault && { at: vault }) }
  }
  return fault(
    field,
    'must name a secret of a KV v2 engine: vault:MOUNT/PATH#KEY',
    'Write it as vault:kv/billing#token: letters, digits, dot, dash and underscore.',
  )
}

function environmentReference(field: Field, name: string, around: Surroundings): CredentialReference | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) || looksSecret(name)) {
    return fault(
      field,
      'must name an environment variable: env:NAME',
      'Use letters, digits and underscore: env:OPENAI_KEY.',
    )
  }
  if (around.environment?.(name) === false) {
    return fault(field, `refers to an environment variable that is not set: ${name}`, `Set ${name}, or use file:PATH.`)
  }
  return { from: 'env', name }
}
