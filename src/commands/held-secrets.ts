// The secrets that the gate itself holds, as inspection must never let them pass: providers' credentials, and its own keys.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Provider } from '#access/provider.ts'
import type { Credentials } from '#upstream/credential.ts'

export interface HeldSecret {
  /** What a placeholder calls it. */
  readonly kind: 'gate-secret'
  readonly value: string
}

export interface HeldSecrets {
  /** The same array while none changes. */
  list(): readonly HeldSecret[]
  /** Reads these providers' credentials before anybody sends to them. One that cannot be read is told by whoever needs it. */
  read(providers: Iterable<Provider>): Promise<void>
}

export async function heldSecrets(keys: string, credentials: Credentials): Promise<HeldSecrets> {
  const own = await ownKeys(keys)
  let of: readonly string[] | undefined
  let list: readonly HeldSecret[] = []
  return {
    list() {
      const held = credentials.held()
      if (held === of) return list
      of = held
      list = [...new Set([...own, ...held])].map((value) => ({ kind: 'gate-secret', value }))
      return list
    },
    async read(providers) {
      for (const { credential } of providers) {
        if (credential) await credentials.read(credential).catch(() => undefined)
      }
    },
  }
}

const LONGEST_KEY = 16 * 1024

/** Each key file: as text by its lines, and as bytes in the two ways in which bytes are written down. */
async function ownKeys(directory: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.key')) continue
    const bytes = await readFile(join(directory, name))
    if (bytes.length > LONGEST_KEY) continue
    const text = bytes.toString('latin1')
    if (/^[\x20-\x7e\r\n]+$/.test(text)) found.push(...text.split(/\r?\n/).filter((line) => line.length >= 16))
    else found.push(bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''))
  }
  return found
}
