// A provider's credential as the gate would have it, for one look at its provider. It is kept nowhere and printed nowhere.
import { readFile, stat } from 'node:fs/promises'
import type { CredentialReference } from '#access/provider.ts'
import type { Around, Finding } from './finding.ts'

export type Secret =
  | { readonly ok: true; readonly secret: string }
  | { readonly ok: false; readonly known: boolean; readonly said: string; readonly fix: string }

export type VaultReference = Extract<CredentialReference, { readonly from: 'vault' }>

export interface VaultDoor {
  readonly findings: readonly Finding[]
  readonly read: (reference: VaultReference) => Promise<Secret>
}

export async function secretOf(
  reference: CredentialReference,
  { environment }: Around,
  vault: VaultDoor | undefined,
): Promise<Secret> {
  switch (reference.from) {
    case 'file':
      return fromFile(reference.path)
    case 'env':
      return usable(
        environment[reference.name],
        `${reference.name} is not set`,
        `Set ${reference.name}, or use file:PATH.`,
      )
    case 'vault':
      return vault ? vault.read(reference) : no('the bundle names no vault', 'Add `vault:` to the bundle.')
  }
}

const LONGEST = 64 * 1024

async function fromFile(path: string): Promise<Secret> {
  try {
    const found = await stat(path)
    // Opening a pipe would wait for whoever writes into it.
    if (!found.isFile()) return no(`${path} is not a file`, 'Put the secret into a file.')
    if (found.size > LONGEST) return no(`${path} is longer than any secret`, 'Put the secret alone into it.')
    return usable((await readFile(path, 'utf8')).trim(), `${path} is empty`, 'Write the secret into it.')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const fix = missing ? `Make it: (umask 077; cat > ${path})` : 'Let the user that runs the gateway read it.'
    return no(`${path} ${missing ? 'does not exist' : 'cannot be read'}`, fix)
  }
}

/** Whatever a header cannot carry is no secret of an API: most often a line break, or two of them in one file. */
export function usable(secret: string | undefined, missing: string, fix: string): Secret {
  if (secret === undefined || secret === '') return no(missing, fix)
  if (/^[!-~]+$/.test(secret)) return { ok: true, secret }
  return no('holds more than one word, or characters that no header carries', 'Write the secret alone, on one line.')
}

const no = (said: string, fix: string): Secret => ({ ok: false, known: true, said, fix })
