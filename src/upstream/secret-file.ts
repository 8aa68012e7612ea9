// A secret in a file. It is read again when the file changes; a file is taken to hold a secret only once it stayed the same
// for a moment, so that nobody is given the half that an editor has written.
import type { BigIntStats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { isUsable, type HeldSecret, type Look, type SecretPlace } from './secret-place.ts'

export interface FileOptions {
  readonly path: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly wait: (milliseconds: number) => Promise<void>
}

/** A rotated secret is in use this soon, and a deleted one used no longer, in milliseconds. */
const RECHECK_MS = 1_000

/** A file that says nothing of a change is not read more often than this, whoever doubts it, in milliseconds. */
const ANEW_MS = 1_000

/** Editors truncate and write: a file that held a secret has this long to hold one again. */
const WRITING_MS = 1_000

/** A file that stays the same for this long has been written. */
const SETTLED_MS = 20

const MOST_LOOKS = 5
const LONGEST = 64n * 1024n

export function secretFile({ path, now, wait }: FileOptions): SecretPlace {
  let brokenSince: number | undefined
  let readAt = Number.NEGATIVE_INFINITY

  const unusable = (held: HeldSecret | undefined, why: string): Look => {
    brokenSince ??= now()
    const waiting = held !== undefined && now() - brokenSince < WRITING_MS
    return { kind: waiting ? 'unsettled' : 'lost', why }
  }
  return {
    times: { fresh: RECHECK_MS, behind: RECHECK_MS, away: RECHECK_MS, pause: 0, again: 0 },
    async look(held, anew) {
      for (let turn = 0; turn < MOST_LOOKS; turn++) {
        const before = await stampOf(path)
        if (typeof before !== 'string') return { kind: 'lost', why: before.fault }
        if (held?.stamp === before && !(anew && now() - readAt >= ANEW_MS)) return { kind: 'same' }
        const text = await readFile(path, 'utf8').catch(() => undefined)
        await wait(SETTLED_MS)
        // Written, replaced or deleted meanwhile: what was read may be half of it.
        if (text === undefined || (await stampOf(path)) !== before) continue
        const secret = text.trim()
        if (!isUsable(secret)) return unusable(held, secret === '' ? 'empty' : 'holds no text that a header can carry')
        brokenSince = undefined
        readAt = now()
        return { kind: 'found', secret, stamp: before }
      }
      return unusable(held, 'never the same for a moment')
    },
  }
}

async function stampOf(path: string): Promise<string | { readonly fault: string }> {
  let found: BigIntStats
  try {
    found = await stat(path, { bigint: true })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { fault: code === 'ENOENT' || code === 'ENOTDIR' ? 'deleted' : `cannot be opened (${code})` }
  }
  // Opening a pipe would wait for whoever writes into it.
  if (!found.isFile()) return { fault: 'not a file' }
  if (found.size > LONGEST) return { fault: 'longer than any secret' }
  return `${found.mtimeNs} ${found.ctimeNs} ${found.size} ${found.ino} ${found.dev}`
}
