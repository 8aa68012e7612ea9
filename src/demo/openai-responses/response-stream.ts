// A response as a stream of numbered events. The first and the last ones hold the response itself, so that every text that was
// streamed is repeated, more than once.
import type { Part } from '#demo/paced-body.ts'
import { snapshot, type Made } from './response-snapshot.ts'

interface Event {
  readonly kind: Part['kind']
  readonly type: string
  readonly fields: object
}

/** `after` leaves out the events up to that number: a stream that was cut is taken up again. */
export function* eventParts(made: Made, after = -1): Generator<Part> {
  let sequence_number = 0
  for (const { kind, type, fields } of events(made)) {
    if (sequence_number > after) yield { kind, text: print(type, { ...fields, sequence_number }) }
    sequence_number += 1
  }
}

function* events(made: Made): Generator<Event> {
  const queued = made.request.background === true
  const first = queued ? 'queued' : 'in_progress'
  yield { kind: 'lead', type: 'response.created', fields: { response: snapshot(made, first) } }
  if (queued) yield { kind: 'lead', type: 'response.queued', fields: { response: snapshot(made, first) } }
  yield { kind: 'lead', type: 'response.in_progress', fields: { response: snapshot(made, 'in_progress') } }
  for (const [output_index, { id, opened, done, events: between }] of made.plan.output.entries()) {
    yield { kind: 'lead', type: 'response.output_item.added', fields: { output_index, item: opened } }
    for (const { kind, type, fields } of between) {
      yield { kind, type: `response.${type}`, fields: { item_id: id, output_index, ...fields } }
    }
    yield { kind: 'lead', type: 'response.output_item.done', fields: { output_index, item: done } }
  }
  const response = snapshot(made, 'ended')
  yield { kind: 'end', type: `response.${response.status}`, fields: { response } }
}

/** What a stream says that was asked to fail after so many events. */
export function streamFailure(sent: number): string {
  const said = { code: 'server_error', message: 'The demo was asked to fail.', param: null, sequence_number: sent }
  return print('error', said)
}

function print(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}
