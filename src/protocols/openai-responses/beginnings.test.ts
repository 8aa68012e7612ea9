import { describe, expect, test } from 'bun:test'
import { at, reader, reasonOf, T, where } from './stream.fixture.ts'

const first = { output_index: 0, content_index: 0, summary_index: 0, command_index: 0 }
const item = (...content: object[]) => ({ type: 'message', id: 'm', content })
const said = (words: string) => ({ type: 'output_text', text: words })
const added = {
  item: (output_index: number, ...content: object[]) => ({
    type: 'response.output_item.added',
    output_index,
    item: item(...content),
  }),
  part: (output_index: number, content_index: number, words: string) => ({
    type: 'response.content_part.added',
    output_index,
    content_index,
    part: said(words),
  }),
  summary: (summary_index: number, words: string) => ({
    type: 'response.reasoning_summary_part.added',
    output_index: 0,
    summary_index,
    part: { type: 'summary_text', text: words },
  }),
  command: (command: string) => ({ type: 'response.shell_call_command.added', ...first, command }),
}
const snapshot = (type: string, ...output: object[]) => ({ type: `response.${type}`, response: { output } })
const delta = (output_index: number, content_index: number, words = 'x') => ({
  type: 'response.output_text.delta',
  output_index,
  content_index,
  delta: words,
})

describe('what clients go on from is part of the text', () => {
  test.each([
    [
      [{ type: 'response.output_item.added', output_index: 0, item: { type: 'function_call', arguments: 'AK' } }],
      '/output/0/arguments',
      'json',
    ],
    [[added.item(0), added.part(0, 0, ''), added.part(0, 1, 'AK')], '/output/0/content/1/text', 'text'],
    [[added.item(0, said('x')), added.part(0, 1, 'AK')], '/output/0/content/1/text', 'text'],
    [[added.item(0), added.summary(0, 'AK')], '/output/0/summary/0/text', 'text'],
    [[added.command('AK')], '/output/0/action/commands/0', 'text'],
    [[snapshot('in_progress', item(said('AK')))], '/output/0/content/0/text', 'text'],
    [[snapshot('created', item()), added.item(1, said('AK'))], '/output/1/content/0/text', 'text'],
  ])('%j', (events, place, role) => {
    const read = reader()
    const readings = events.map((event) => {
      const reading = read(event)
      // One text is said at a time.
      if (JSON.stringify(event).includes('"x"')) read({ type: 'response.content_part.done', ...first, part: {} })
      return reading
    })
    expect(readings.flatMap((reading) => where(reading, 'AK'))).toEqual([[place, role, place]])
  })

  test('an empty beginning begins nothing, wherever it stands', () => {
    const event = { type: 'response.content_part.added', part: { type: 'output_text', text: '' }, ...at }
    expect(where(reader()(event), '')).toEqual([[T, 'text']])
    const read = reader()
    for (const each of [added.item(7), added.part(7, 3, ''), added.part(7, 1, ''), delta(7, 1)]) {
      expect(reasonOf(() => read(each))).toBe('accepted')
    }
  })

  test.each([
    ['a second snapshot of a text', [snapshot('created', item(said('a'))), snapshot('in_progress', item(said('AK')))]],
    ['a snapshot behind a piece, even an empty one', [delta(0, 0), snapshot('in_progress')]],
    ['a snapshot behind a text that is complete', [added.item(0), done(), snapshot('queued')]],
    ['a part that begins twice', [added.item(0), added.part(0, 0, 'a'), added.part(0, 0, 'AK')]],
    ['a part that begins empty where a text goes on', [added.item(0), delta(0, 0), added.part(0, 0, '')]],
    ['an item that begins where a text goes on', [added.item(0), delta(0, 0), added.item(0)]],
    ['a summary that begins twice', [added.item(0), added.summary(0, 'a'), added.summary(0, 'AK')]],
    ['a command that begins twice', [added.command('a'), added.command('AK')]],
    ['a text at a part that is not the next', [added.item(0), added.part(0, 5, 'AK')]],
    ['a text in an item that is not the next', [added.item(7, said('AK'))]],
    ['a text in an item that nobody began', [added.part(0, 0, 'AK')]],
    ['a text behind an empty beginning out of order', [added.item(7), added.item(1, said('AK'))]],
    ['a piece behind an item that is complete', [added.item(0), done(), delta(0, 0)]],
    ['a text before the one before it was complete', [added.item(0), delta(0, 0), delta(0, 1)]],
  ])('%s is refused', (_name, events) => {
    const read = reader()
    const last = events.pop() ?? {}
    for (const event of events) expect(reasonOf(() => read(event))).toBe('accepted')
    expect(reasonOf(() => read(last))).toBe('provider_answer_invalid')
  })
})

function done() {
  return { type: 'response.output_item.done', output_index: 0, item: item(said('AK')) }
}

describe('texts that clients join', () => {
  const groups = (event: object, read = reader()) =>
    read(event)
      .texts.filter(({ value }) => /^[AB]K$/.test(value))
      .map(({ value, group }) => `${value} ${group}`)

  test('are one group: what is said, over all parts and items', () => {
    const read = reader()
    expect(groups(delta(0, 0, 'AK'), read)).toEqual(['AK output_text'])
    expect(groups(done(), read)).toEqual(['AK response.output_item.done output_text'])
    expect(groups(delta(1, 0, 'BK'), read)).toEqual(['BK output_text'])
    const all = snapshot('completed', item(said('AK'), said('BK')), item(said('AK')))
    expect(groups(all, read)).toEqual([
      'AK snapshot:0 output_text',
      'BK snapshot:0 output_text',
      'AK snapshot:0 output_text',
    ])
  })

  test('of a thought are another', () => {
    const thought = { type: 'response.reasoning_text.delta', ...first, delta: 'AK' }
    expect(groups(thought)).toEqual(['AK /output/0/content'])
    const summary = { type: 'response.reasoning_summary_text.delta', ...first, delta: 'AK' }
    expect(groups(summary)).toEqual(['AK /output/0/summary'])
  })
})

test('an end costs what it ends, however many other texts are open', () => {
  const read = reader()
  const began = performance.now()
  for (let index = 0; index < 12_000; index++) {
    read({ type: 'response.refusal.delta', ...first, content_index: index, delta: 'x' })
  }
  for (let turn = 0; turn < 30_000; turn++) read({ type: 'response.refusal.done', ...first, output_index: 1 })
  expect(performance.now() - began).toBeLessThan(4_000)
})
