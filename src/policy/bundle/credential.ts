// A provider's credential, which a bundle only ever refers to. Nothing of the value is quoted in any message: what is
// not a reference is most likely the secret itself.
import { statSync, type Stats } from 'node:fs'
import { resolve } from 'node:path'
import type { CredentialReference } from '#access/provider.ts'
import { type Field, fault, notServed, warn } from './field.ts'
import { looksSecret } from './problem.ts'

export interface Surroundings {
  /** What relative paths are relative to. */
  readonly directory: string
  /** Whether an environment variable is set. Absent: it cannot be known here, and is not checked. */
  readonly environment?: ((name: string) => boolean) | undefined
}

const USE_A_REFERENCE = 'Put the secret into a file of mode 0600 and write `file:PATH`, or write `env:NAME`.'

export function credentialOf(field: Field, around: Surroundings): CredentialReference | undefined {
  const { node } = field
  const text = node.kind === 'text' ? node.text : ''
  if (text.startsWith('vault:')) return notServed(field, '`vault:`')
  if (text.startsWith('file:')) return fileReference(field, text.slice('file:'.length), around)
  if (text.startsWith('env:')) return environmentReference(field, text.slice('env:'.length), around)
  if (looksSecret(text)) {
    return fault(
      field,
      'holds a secret in the clear',
      `${USE_A_REFERENCE} Then replace the secret: it has been written down.`,
    )
  }
  return fault(field, 'must be a reference: file:PATH or env:NAME', USE_A_REFERENCE)
}

function fileReference(field: Field, written: string, { directory }: Surroundings): CredentialReference | undefined {
  if (written === '' || written.startsWith('//') || written.includes('\0')) {
    return fault(field, 'must name a file: file:PATH', 'Write the path itself, without //: file:/run/secrets/provider.')
  }
  const path = resolve(directory, written)
  const found = look(path)
  // The path is shown as it was written; a secret that was pasted behind `file:` by mistake is not.
  const shown = looksSecret(written) ? 'the file' : written
  if (typeof found === 'string') return fault(field, `refers to a file that ${found}: ${shown}`, MISSING_FIX)
  if (!found.isFile()) return fault(field, `refers to something that is not a file: ${shown}`, MISSING_FIX)
  if (found.size === 0) return fault(field, `refers to an empty file: ${shown}`, 'Write the secret into it.')
  if ((found.mode & 0o077) !== 0) {
    warn(field, `refers to a file that others on this machine may open: ${shown}`, `Run: chmod 600 ${shown}`)
  }
  return { from: 'file', path }
}

const MISSING_FIX = 'Create it with the secret as its only content; relative paths start at the bundle directory.'

function look(path: string): Stats | 'does not exist' | 'cannot be opened' {
  try {
    return statSync(path)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : 'cannot be opened'
  }
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
