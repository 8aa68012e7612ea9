// What has become of a key, in one or two words.
import { type KeyUse, lastUsed, type VirtualKey } from '#access/virtual-key.ts'

export type KeyState = 'active' | 'not yet' | 'expires soon' | 'expired' | 'suspended' | 'revoked'

const FORTNIGHT = 14 * 24 * 3_600_000

/** `now` in milliseconds. */
export function keyState(key: VirtualKey, last: KeyUse | undefined, now: number): KeyState {
  if (key.revoked) return 'revoked'
  if (now >= key.expires) return 'expired'
  if (now < key.notBefore) return 'not yet'
  if (key.unusedFor !== undefined && now - lastUsed(key, last, now) >= key.unusedFor) return 'suspended'
  // Of a short life, the last fifth.
  return key.expires - now <= Math.min(FORTNIGHT, (key.expires - key.created) / 5) ? 'expires soon' : 'active'
}

export const SYMBOLS = {
  active: '✓',
  'not yet': '·',
  'expires soon': '!',
  expired: '✗',
  suspended: '!',
  revoked: '✗',
} as const satisfies Record<KeyState, string>
