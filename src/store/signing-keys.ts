// A ring of keys that sign, shared by all workers of a machine through their directory: who uses it reads it,
// and whoever sees first that a key is due, or over, makes or removes it under a lock. No timer: what nobody uses does not age.
import { setTimeout as after } from 'node:timers/promises'
import { Refusal } from '#access/refusal.ts'
import { takeLock } from './lock.ts'
import {
  type Purpose,
  readSigningKeys,
  removeSigningKey,
  type SigningKey,
  signingKeyOf,
  writeSigningKey,
} from './signing-keys-files.ts'

export interface SigningKeyChange {
  readonly change: 'made' | 'removed'
  readonly kid: string
  /** Milliseconds since the epoch. */
  readonly created: number
}

export interface SigningKeyOptions {
  /** The directory. */
  readonly keys: string
  /** `identity`, where it is not said. */
  readonly prefix?: Purpose
  /** The path of a lock file outside it, of this purpose alone. */
  readonly lock: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Returns that many bytes that nobody can guess. */
  readonly random: (length: number) => Uint8Array
  readonly schedule: (keys: readonly SigningKey[], now: number) => Plan
  /** Writes down what is about to happen; where it rejects, it does not happen. */
  readonly record: (change: SigningKeyChange) => Promise<unknown>
  /** Takes one line for the operator. */
  readonly report: (line: string) => void
}

interface Plan {
  readonly signs: SigningKey | undefined
  readonly published: readonly SigningKey[]
  readonly due: boolean
  readonly removable: readonly SigningKey[]
}

export interface SigningKeys {
  /** As of at most a minute ago. */
  signing(): SigningKey
  /** As of now. */
  published(): readonly SigningKey[]
  /** Resolves when nothing is being made or removed. */
  settled(): Promise<void>
}

const FRESH_MS = 60_000
const RETRY_MS = 1000
const WAIT = { turns: 500, milliseconds: 20 } as const
const CANNOT: Readonly<Record<Purpose, string>> = {
  identity: 'The gate cannot sign for providers just now: its signing keys cannot be used.',
  authorization: 'The gate cannot sign tokens just now: its signing keys cannot be used.',
}

/**
 * Makes the first key where there is none; however many processes start at once, all get the same. Rejects with a Refusal
 * `not_ready` that says what is wrong with the files, or with what `record` rejects with. Later, `signing` and `published` throw
 * a Refusal `not_ready` while the files cannot be relied on; what is wrong with them goes to the operator alone.
 */
export async function openSigningKeys(options: SigningKeyOptions): Promise<SigningKeys> {
  for (let turn = 0; turn < WAIT.turns; turn++) {
    const { signs, due, removable } = planNow(options)
    const done = (due || removable.length > 0) && (await tend(options))
    if (signs || done) return ring(options)
    await after(WAIT.milliseconds)
  }
  throw new Refusal('not_ready', { message: 'No signing key was made (keys/): another process holds its lock.' })
}

const placeOf = ({ keys, prefix = 'identity' }: SigningKeyOptions) => ({ keys, purpose: prefix }) as const

function planNow({ keys, prefix = 'identity', schedule, now }: SigningKeyOptions): Plan {
  return schedule(readSigningKeys(keys, prefix), now())
}

/** False where another process is at it. */
async function tend(options: SigningKeyOptions): Promise<boolean> {
  const { now, random, record } = options
  const place = placeOf(options)
  const lock = takeLock(options.lock)
  if (!lock) return false
  try {
    // Read again: whoever held the lock before may have done all of it.
    const { due, removable } = planNow(options)
    if (due) {
      const seed = random(32)
      const key = signingKeyOf(seed, now())
      await record({ change: 'made', kid: key.kid, created: key.created })
      await writeSigningKey(place, seed, key)
    }
    for (const key of removable) {
      await record({ change: 'removed', kid: key.kid, created: key.created })
      await removeSigningKey(place, key)
    }
    return true
  } finally {
    lock.release()
  }
}

function ring(options: SigningKeyOptions): SigningKeys {
  const { keys, prefix = 'identity', schedule, now } = options
  const complain = complaints(options)
  let held: readonly SigningKey[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let tending: Promise<void> | undefined
  let tendedAt = Number.NEGATIVE_INFINITY

  async function tendOnce(): Promise<void> {
    try {
      await tend(options)
      readAt = Number.NEGATIVE_INFINITY
    } catch (error) {
      complain('no signing key could be made or removed', error)
    } finally {
      tending = undefined
    }
  }

  function plan(age: number): Plan {
    const at = now()
    const read = held.length === 0 || !isWithin(age, readAt, at)
    if (read) {
      held = readSigningKeys(keys, prefix)
      readAt = at
    }
    const made = schedule(held, at)
    if (read && (made.due || made.removable.length > 0) && !tending && !isWithin(RETRY_MS, tendedAt, at)) {
      tendedAt = at
      tending = tendOnce()
    }
    return made
  }

  function relied<Found>(age: number, take: (made: Plan) => Found | undefined): Found {
    let cause: unknown
    try {
      const found = take(plan(age))
      if (found !== undefined) return found
    } catch (error) {
      complain('the signing keys cannot be used', error)
      cause = error
    }
    throw new Refusal('not_ready', { message: CANNOT[prefix], retryAfter: 1, cause })
  }

  return {
    signing: () => relied(FRESH_MS, ({ signs }) => signs),
    published: () => relied(0, ({ published }) => published),
    settled: async () => tending,
  }
}

/** A clock that was set back says nothing about how long ago something was. */
const isWithin = (age: number, since: number, at: number): boolean => at >= since && at - since < age

/** The same line once a minute at most: every request would say it. */
function complaints({ now, report }: SigningKeyOptions): (what: string, error: unknown) => void {
  let last = { line: '', at: 0 }
  return (what, error) => {
    const line = `${what}: ${error instanceof Error ? error.message : 'unknown'}`
    const at = now()
    if (line === last.line && isWithin(FRESH_MS, last.at, at)) return
    last = { line, at }
    report(line)
  }
}
