import { invalidAnswer } from '#protocols/openai-answer.ts'

/** Which texts of a stream have begun, and which are complete. */
export interface OpenTexts {
  /** A piece of this text comes. Throws a Refusal where it was complete: what came before would no longer be seen with it. */
  touch(lane: string): void
  /** What stands at a place and below it is complete; answers what of that had begun. */
  end(place: string): readonly string[]
}

/** A wicked provider could begin as many as it likes. */
const MOST = 16_384

export function openTexts(): OpenTexts {
  const open = new Set<string>()
  const complete = new Set<string>()
  return {
    touch(lane) {
      if (complete.has(lane)) throw invalidAnswer('goes on with a text that was complete')
      open.add(lane)
      if (open.size + complete.size > MOST) throw invalidAnswer('has more texts than are read here')
    },
    end(place) {
      const ended = [...open].filter((lane) => lane === place || lane.startsWith(`${place}/`))
      for (const lane of ended) {
        open.delete(lane)
        complete.add(lane)
      }
      return ended
    },
  }
}
