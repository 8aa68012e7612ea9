// A ring of signing keys in the state directory, whose keys come and go by schedule and for the record.
import { join } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { signingSchedule } from '#identity/signing-schedule.ts'
import { systemClock } from '#lib/clock.ts'
import { openSigningKeys, type SigningKeys } from '#store/signing-keys.ts'
import type { StateDirectory } from './state-directory.ts'

export interface SigningRingParts {
  readonly state: Pick<StateDirectory, 'keys' | 'locks'>
  readonly trail: Pick<Trail, 'append'>
  readonly random: (bytes: number) => Uint8Array
  readonly report: (line: string) => void
}

/** Which keys, where their lock is, and who makes them. A lock belongs to one purpose alone. */
const PURPOSES = {
  identity: { lock: 'signing-keys.lock', by: 'gateway' },
  authorization: { lock: 'authorization-keys.lock', by: 'authorization' },
} as const

export function openSigningRing(
  prefix: keyof typeof PURPOSES,
  { state, trail, random, report }: SigningRingParts,
): Promise<SigningKeys> {
  const { lock, by } = PURPOSES[prefix]
  return openSigningKeys({
    keys: state.keys,
    prefix,
    lock: join(state.locks, lock),
    now: () => systemClock.now(),
    random,
    schedule: signingSchedule,
    record: ({ change, kid }) =>
      trail.append({ kind: 'change', what: 'signing-key', subject: kid, by, why: `${change} by schedule` }, 'machine'),
    report,
  })
}
