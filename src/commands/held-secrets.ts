// The secrets that the gate itself holds, as inspection must never let them pass: providers' credentials, what it proves itself
// to a vault with, its TLS keys, and its own keys.
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
  /**
   * Reads these providers' credentials before anybody sends to them, and the gate's own keys again. One that cannot be read is
   * told by whoever needs it.
   */
  read(providers: Iterable<Provider>): Promise<void>
  /** A key in PEM that the gate holds besides: TLS keys, at each reload. */
  hold(pem: string): void
}

/** One that was replaced may still be in use elsewhere. */
const MOST_PEM = 16

export async function heldSecrets(keys: string, credentials: Pick<Credentials, 'held' | 'read'>): Promise<HeldSecrets> {
  let own = new Set(await ownKeys(keys))
  const pems = new Set<string>()
  let of: readonly string[] | undefined
  let list: readonly HeldSecret[] = []
  return {
    list() {
      const held = credentials.held()
      if (held === of) return list
      of = held
      const besides = [...pems].flatMap(linesOf)
      list = [...new Set([...own, ...besides, ...held])].map((value) => ({ kind: 'gate-secret', value }))
      return list
    },
    async read(providers) {
      const references = [...providers].flatMap(({ credential }) => credential ?? [])
      await Promise.all(references.map((reference) => credentials.read(reference).catch(() => undefined)))
      const found = (await ownKeys(keys)).filter((key) => !own.has(key))
      if (found.length === 0) return
      own = new Set([...own, ...found])
      of = undefined
    },
    hold(pem) {
      if (pems.has(pem)) return
      pems.add(pem)
      for (const oldest of pems) {
        if (pems.size <= MOST_PEM) break
        pems.delete(oldest)
      }
      of = undefined
    },
  }
}

const LONGEST_KEY = 16 * 1024

/** Each key file: as text by its lines, and as bytes in the ways in which bytes are written down. */
async function ownKeys(directory: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.key')) continue
    // A key that was rotated out may be gone since the directory was read.
    const bytes = await readFile(join(directory, name)).catch(() => undefined)
    if (!bytes || bytes.length > LONGEST_KEY) continue
    const text = bytes.toString('latin1')
    if (/^[\x20-\x7e\r\n]+$/.test(text)) found.push(...linesOf(text))
    else found.push(bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'))
  }
  return found
}

/** Short ones would be found in ordinary text, and what encloses a key in PEM is the same for everybody's. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.length >= 16 && !line.startsWith('-----'))
}
