// Which texts of a stream have begun, and what is complete, as a tree of places: an end costs what it ends, however many
// others there are.
import { invalidAnswer } from '#protocols/openai-answer.ts'

export interface OpenTexts {
  /** A piece of this text comes. Throws a Refusal where it was complete: what came before would no longer be seen with it. */
  touch(lane: string): void
  /** What stands at a place and below it is complete, whether it had begun or not; answers what of that was open. */
  end(place: string): readonly string[]
  /** Whether anything at a place or below it has begun, or is complete. */
  begun(place: string): boolean
  isOpen(lane: string): boolean
}

/** A wicked provider could begin, or end, as many as it likes. */
const MOST = 16_384

interface Place {
  /** The lane that goes on here. */
  open: string | undefined
  complete: boolean
  readonly below: Map<string, Place>
}

const empty = (): Place => ({ open: undefined, complete: false, below: new Map() })

export function openTexts(): OpenTexts {
  const root = empty()
  const open = new Set<string>()
  let known = 0

  const count = (): void => {
    if (++known > MOST) throw invalidAnswer('has more texts than are read here')
  }

  return {
    touch(lane) {
      let at = root
      for (const step of stepsOf(lane)) {
        if (at.complete) throw goneOn()
        at = entered(at, step)
      }
      if (at.complete) throw goneOn()
      if (at.open === undefined) count()
      at.open = lane
      open.add(lane)
    },
    end(place) {
      let at = root
      for (const step of stepsOf(place)) {
        if (at.complete) return []
        at = entered(at, step)
      }
      if (at.complete) return []
      count()
      const ended: string[] = []
      collect(at, ended)
      for (const lane of ended) open.delete(lane)
      at.complete = true
      at.open = undefined
      at.below.clear()
      return ended
    },
    begun(place) {
      let at: Place | undefined = root
      for (const step of stepsOf(place)) {
        if (at.complete) return true
        at = at.below.get(step)
        if (!at) return false
      }
      return at.complete || at.open !== undefined || at.below.size > 0
    },
    isOpen: (lane) => open.has(lane),
  }
}

const goneOn = () => invalidAnswer('goes on with a text that was complete')

const stepsOf = (place: string): readonly string[] => (place === '' ? [] : place.slice(1).split('/'))

function entered(at: Place, step: string): Place {
  const known = at.below.get(step)
  if (known) return known
  const made = empty()
  at.below.set(step, made)
  return made
}

function collect({ open, below }: Place, into: string[]): void {
  if (open !== undefined) into.push(open)
  for (const each of below.values()) collect(each, into)
}
