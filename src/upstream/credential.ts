// Reads the secrets that the bundle only refers to. A secret is held in memory and goes nowhere but into a request's header.
import { readFile, stat } from 'node:fs/promises'
import type { CredentialReference } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'

export interface Credentials {
  /** Rejects with a Refusal `provider_unreachable` when the secret cannot be had; its message names no path. */
  read(reference: CredentialReference): Promise<string>
  /** Every secret that was read, rotated ones too: what inspection must never let pass. The same array while none changes. */
  held(): readonly string[]
}

interface Held {
  readonly secret: string
  readonly stamp: string
  checkedAt: number
}

/** A rotated secret may still work for a while; more rotations than this in one run are not remembered. */
const MOST_HELD = 256

/** How long a file is trusted unseen, in milliseconds: a rotated secret is in use this soon. */
const RECHECK_MS = 1_000

export function credentials(env: (name: string) => string | undefined, now: () => number): Credentials {
  const files = new Map<string, Held>()
  const known = new Set<string>()
  let held: readonly string[] = []
  return {
    held: () => held,
    async read(reference) {
      const secret = reference.from === 'env' ? env(reference.name) : await fromFile(reference.path, files, now())
      if (secret === undefined || secret === '') throw missing()
      // A line break would end the header and begin another; nothing else outside visible ASCII belongs in one either.
      if (!/^[!-~]+$/.test(secret)) throw missing()
      if (!known.has(secret)) {
        known.add(secret)
        held = [...known].slice(-MOST_HELD)
      }
      return secret
    },
  }
}

async function fromFile(path: string, files: Map<string, Held>, now: number): Promise<string | undefined> {
  const held = files.get(path)
  if (held && now - held.checkedAt < RECHECK_MS) return held.secret
  try {
    const { mtimeMs, size, ino } = await stat(path)
    const stamp = `${mtimeMs} ${size} ${ino}`
    if (held?.stamp === stamp) {
      held.checkedAt = now
      return held.secret
    }
    const secret = (await readFile(path, 'utf8')).trim()
    files.set(path, { secret, stamp, checkedAt: now })
    return secret
  } catch (cause) {
    files.delete(path)
    throw missing(cause)
  }
}

const missing = (cause?: unknown): Refusal =>
  new Refusal('provider_unreachable', { message: "The gate's credential for this provider cannot be read.", cause })
