// What tests of streams share.
import type { EventReading } from '#access/protocol.ts'
import { Refusal } from '#access/refusal.ts'
import { readStream } from './read-stream.ts'

export const text = (from: Uint8Array): string => new TextDecoder().decode(from)

export const reader = (model = 'clinic') => {
  const read = readStream(model)
  return (event: object): EventReading => read({ data: JSON.stringify(event) })
}

export const reasonOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return 'accepted'
}

/** Of the texts that hold this value: where they stand, in which role, in which lane. */
export const where = ({ texts }: EventReading, value: string) =>
  texts
    .filter((each) => each.value === value)
    .map(({ place, role, lane }) => (lane ? [place, role, lane] : [place, role]))

export const T = '/output/2/content/1/text'
export const at = {
  item_id: 'x',
  output_index: 2,
  content_index: 1,
  summary_index: 3,
  command_index: 4,
  sequence_number: 5,
}
