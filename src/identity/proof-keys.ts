// Keys that tokens are bound to and that have signed a proof, imported: strangers cannot push them out. Every proof of a key mostly has
// the same header, which is read once. One header is kept for each key: whoever writes theirs anew each time pushes out their own.
import type { KeyObject } from 'node:crypto'
import { importProofKey, type ProofKey } from './dpop-key.ts'
import { isSigned, readHead, type ReadProof } from './dpop-proof.ts'

export interface ProofKeys {
  /** The key in the first segment of a proof. Throws a ProofFault. */
  readonly keyIn: (head: string) => ProofKey
  /** Whether its key signed it. MUST be asked only of a key that a token is bound to. */
  readonly signed: (proof: ReadProof) => boolean
}

interface Kept {
  readonly head: string
  readonly key: ProofKey
  readonly imported: KeyObject
}

const MOST_KEYS = 10_000
/** Characters: that of an RSA key of 4096 bits has some 1,100. */
const MOST_HEAD = 2048

export function proofKeys(most = MOST_KEYS): ProofKeys {
  const byThumbprint = new Map<string, Kept>()
  const byHead = new Map<string, Kept>()

  const keep = (kept: Kept): void => {
    const { head, key } = kept
    const before = byThumbprint.get(key.jkt)
    if (before) byHead.delete(before.head)
    byThumbprint.set(key.jkt, kept)
    byHead.set(head, kept)
    if (byThumbprint.size <= most) return
    for (const [jkt, eldest] of byThumbprint) {
      byThumbprint.delete(jkt)
      byHead.delete(eldest.head)
      break
    }
  }
  return {
    keyIn: (head) => byHead.get(head)?.key ?? readHead(head),
    signed: (proof) => {
      const { head, key } = proof
      const before = byThumbprint.get(key.jkt)
      let imported = before?.imported
      if (!isSigned(proof, () => (imported ??= importProofKey(key)))) return false
      if (imported && before?.head !== head && head.length <= MOST_HEAD) keep({ head, key, imported })
      return true
    },
  }
}
