// Ids, names and roles in a stream. Some servers give them once, some in every event, and some clients add up what comes:
// what is given again is the same text, and what differs goes on from it.
import type { Text } from '#access/text.ts'
import { invalidAnswer } from './openai-answer.ts'

/** The text as it is to be inspected: without a lane where it says what was said before. */
export type Repeats = (text: Text) => Text

interface Given {
  readonly value: string
  repeated: boolean
  changed: boolean
}

const MOST = 4096
/** Longer ones are no names. */
const LONGEST = 256

/** Each text has a lane and MUST NOT be empty. */
export function repeats(): Repeats {
  const given = new Map<string, Given>()
  return (text) => {
    const { lane = '', value, ...rest } = text
    const before = given.get(lane)
    if (!before) {
      given.set(lane, { value: value.length > LONGEST ? '' : value, repeated: false, changed: false })
      if (given.size > MOST) throw invalidAnswer('has more names than are read here')
      return text
    }
    if (value === before.value && !before.changed) {
      before.repeated = true
      return { value, ...rest }
    }
    // The lane does not have what was repeated, and so is not what clients have that add up.
    if (before.repeated) throw invalidAnswer('goes on with a name that it had repeated')
    before.changed = true
    return text
  }
}
