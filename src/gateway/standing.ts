// Whether a proof still stands while what it opened goes on: a stream may outlive the key that it began with by hours. Keys in
// use are looked up twice a second, so that a revoked one ends what is under way within a second.
import { chainOf, type Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { VirtualKey, VirtualKeys } from '#access/virtual-key.ts'

export interface Standing {
  /** Aborted, with a Refusal as its reason, when the proof no longer stands. Undefined where nothing can withdraw it. */
  readonly withdrawn?: AbortSignal
  /** MUST be called when what it opened is over. */
  release(): void
}

export interface Standings {
  of(principal: Principal): Standing
}

const EVERY_MS = 500
const UNMOVED: Standing = { release: () => undefined }

export function makeStandings(keys: Pick<VirtualKeys, 'find'>, now: () => number): Standings {
  const underWay = new Map<string, Set<AbortController>>()
  let timer: ReturnType<typeof setInterval> | undefined

  const look = (): void => {
    for (const [id, uses] of underWay) {
      const lost = lostOf(id, keys, now())
      if (lost) for (const use of uses) use.abort(lost)
    }
  }
  const release = (id: string, use: AbortController): void => {
    const uses = underWay.get(id)
    uses?.delete(use)
    if (uses?.size === 0) underWay.delete(id)
    if (underWay.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  return {
    of(principal) {
      const id = chainOf(principal).find(({ proof }) => proof.key !== undefined)?.proof.key
      if (id === undefined) return UNMOVED
      const use = new AbortController()
      const uses = underWay.get(id) ?? new Set()
      underWay.set(id, uses.add(use))
      timer ??= setInterval(look, EVERY_MS)
      return { withdrawn: use.signal, release: () => release(id, use) }
    },
  }
}

/** Undefined while it stands. A store that cannot be read says nothing either way: what would begin now is refused. */
function lostOf(id: string, keys: Pick<VirtualKeys, 'find'>, now: number): Refusal | undefined {
  let key: VirtualKey | undefined
  try {
    key = keys.find(id)
  } catch {
    return undefined
  }
  const why = key === undefined ? 'removed' : key.revoked ? 'revoked' : key.expires <= now ? 'expired' : undefined
  if (why === undefined) return undefined
  return new Refusal('unauthenticated', { message: `The key ${id} is ${why}; what it had begun ends here.` })
}

/** What broke because the proof was withdrawn is told as that. */
export const withdrawnOr = (error: unknown, { standing }: { readonly standing: Standing }): unknown =>
  standing.withdrawn?.aborted === true ? standing.withdrawn.reason : error
