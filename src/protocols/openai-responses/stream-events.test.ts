import { describe, expect, test } from 'bun:test'
import { at, reader, reasonOf, T, text, where } from './stream.fixture.ts'

describe('each delta goes on with the text that stands in the whole response', () => {
  test.each([
    ['response.output_text.delta', '/output/2/content/1/text', 'text'],
    ['response.refusal.delta', '/output/2/content/1/refusal', 'text'],
    ['response.reasoning_text.delta', '/output/2/content/1/text', 'text'],
    ['response.reasoning_summary_text.delta', '/output/2/summary/3/text', 'text'],
    ['response.function_call_arguments.delta', '/output/2/arguments', 'json'],
    ['response.mcp_call_arguments.delta', '/output/2/arguments', 'json'],
    ['response.custom_tool_call_input.delta', '/output/2/input', 'text'],
    ['response.code_interpreter_call_code.delta', '/output/2/code', 'text'],
    ['response.apply_patch_call_operation_diff.delta', '/output/2/operation/diff', 'text'],
    ['response.shell_call_command.delta', '/output/2/action/commands/4', 'text'],
    ['response.audio.transcript.delta', '/audio/transcript', 'text'],
  ])('%s', (type, place, role) => {
    expect(where(reader()({ type, delta: 'piece', ...at }), 'piece')).toEqual([[place, role, place]])
  })

  test('a shell has two outputs', () => {
    const reading = reader()({
      type: 'response.shell_call_output_content.delta',
      delta: { stdout: 'o', stderr: 'e' },
      ...at,
    })
    expect(where(reading, 'o')).toEqual([['/output/2/output/4/stdout', 'text', '/output/2/output/4/stdout']])
    expect(where(reading, 'e')).toEqual([['/output/2/output/4/stderr', 'text', '/output/2/output/4/stderr']])
  })

  test('sound goes on from piece to piece; a picture is complete in itself', () => {
    const read = reader()
    expect(where(read({ type: 'response.audio.delta', delta: 'AAAA' }), 'AAAA')).toEqual([
      ['/audio/data', 'media', '/audio/data'],
    ])
    expect(read({ type: 'response.audio.done' }).ended).toEqual(['/audio/data'])
    const picture = { type: 'response.image_generation_call.partial_image', partial_image_b64: 'AAAA', ...at }
    expect(where(reader()(picture), 'AAAA')).toEqual([['/output/2/result', 'media']])
  })
})

describe('the end of a text', () => {
  test.each([
    ['response.output_text', { text: 'all' }, '/output/2/content/1/text', 'text'],
    ['response.refusal', { refusal: 'all' }, '/output/2/content/1/refusal', 'text'],
    ['response.reasoning_text', { text: 'all' }, '/output/2/content/1/text', 'text'],
    ['response.reasoning_summary_text', { text: 'all' }, '/output/2/summary/3/text', 'text'],
    ['response.function_call_arguments', { arguments: 'all' }, '/output/2/arguments', 'json'],
    ['response.mcp_call_arguments', { arguments: 'all' }, '/output/2/arguments', 'json'],
    ['response.custom_tool_call_input', { input: 'all' }, '/output/2/input', 'text'],
    ['response.code_interpreter_call_code', { code: 'all' }, '/output/2/code', 'text'],
    ['response.apply_patch_call_operation_diff', { diff: 'all' }, '/output/2/operation/diff', 'text'],
    ['response.shell_call_command', { command: 'all' }, '/output/2/action/commands/4', 'text'],
  ])('%s.done ends its lane, and repeats the text', (name, fields, place, role) => {
    const read = reader()
    expect(read({ type: `${name}.delta`, delta: 'al', ...at }).ended).toEqual([])
    const done = read({ type: `${name}.done`, ...fields, ...at })
    expect(where(done, 'all')).toEqual([[place, role]])
    expect(done.ended).toEqual([place])
    expect(done.done).toBe(false)
    // What goes on behind it would be judged without what came before it.
    expect(reasonOf(() => read({ type: `${name}.delta`, delta: 'l', ...at }))).toBe('provider_answer_invalid')
  })

  test('what a shell gave is repeated where its command stands', () => {
    const read = reader()
    read({ type: 'response.shell_call_output_content.delta', delta: { stdout: 'o' }, ...at, output_index: 0 })
    const done = read({
      type: 'response.shell_call_output_content.done',
      output: [{ outcome: { type: 'exit', exit_code: 0 }, stdout: 'all', stderr: '' }],
      ...at,
      output_index: 0,
    })
    expect(where(done, 'all')).toEqual([['/output/0/output/4/stdout', 'text']])
    expect(done.ended).toEqual(['/output/0/output/4/stdout'])
  })

  test('a part, an item and the response end what stands in them', () => {
    const read = reader()
    const delta = (output_index: number, content_index: number) =>
      read({ type: 'response.refusal.delta', delta: 'x', output_index, content_index })
    for (const [item, part] of [
      [0, 0],
      [0, 1],
      [0, 10],
      [1, 0],
      [10, 0],
    ] as const)
      delta(item, part)
    expect(
      read({
        type: 'response.content_part.done',
        output_index: 0,
        content_index: 1,
        part: { type: 'refusal', refusal: 'x' },
      }).ended,
    ).toEqual(['/output/0/content/1/refusal'])
    expect(read({ type: 'response.output_item.done', output_index: 0, item: { type: 'message' } }).ended).toEqual([
      '/output/0/content/0/refusal',
      '/output/0/content/10/refusal',
    ])
    expect(read({ type: 'response.completed', response: { output: [] } }).ended).toEqual([
      '/output/1/content/0/refusal',
      '/output/10/content/0/refusal',
    ])
  })
})

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

describe('log-probabilities', () => {
  const logprobs = [
    {
      token: 'AK',
      logprob: -1,
      bytes: [65, 75],
      top_logprobs: [
        { token: 'AK', logprob: -1 },
        { token: 'no', logprob: -2 },
      ],
    },
    {
      token: 'IA',
      logprob: -1,
      bytes: [73, 65],
      top_logprobs: [
        { token: 'IA', logprob: -1 },
        { token: 'pe', logprob: -2 },
      ],
    },
  ]
  const L = '/output/2/content/1/logprobs'

  test('are a lane of their own, and one more for each rank', () => {
    const reading = reader()({ type: 'response.output_text.delta', delta: 'AKIA', logprobs, ...at })
    expect(where(reading, 'AKIA')).toEqual([
      [T, 'text', T],
      [L, 'text', L],
      [L, 'text', `${L}/0`],
    ])
    expect(where(reading, 'nope')).toEqual([[L, 'text', `${L}/1`]])
    expect(where(reading, 'AK')).toEqual([])
  })

  test('what is found in them is taken out of every token that it touches', () => {
    const reading = reader()({
      type: 'response.output_text.delta',
      delta: 'x',
      logprobs,
      output_index: 0,
      content_index: 0,
    })
    const tokens = reading.texts.find(({ lane }) => lane === '/output/0/content/0/logprobs')
    const edits = tokens?.edits([{ start: 1, end: 3, with: '[redacted: x]' }]) ?? []
    expect(text(reading.compose(edits))).toBe(
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"x","logprobs":[{"token":"A[redacted: x]","logprob":-1,"bytes":[],"top_logprobs":[]},{"token":"A","logprob":-1,"bytes":[],"top_logprobs":[]}],"output_index":0,"content_index":0}\n\n',
    )
    const rank = reading.texts.find(({ lane }) => lane === '/output/0/content/0/logprobs/1')
    expect(text(reading.compose(rank?.edits([{ start: 0, end: 1, with: 'X' }]) ?? []))).toContain(
      '[{"token":"AK","logprob":-1,"bytes":[65,75],"top_logprobs":[]},{"token":"IA","logprob":-1,"bytes":[73,65],"top_logprobs":[{"token":"IA"',
    )
  })

  test('end with their text', () => {
    const read = reader()
    read({ type: 'response.output_text.delta', delta: 'AKIA', logprobs, ...at })
    const done = read({ type: 'response.output_text.done', text: 'AKIA', logprobs, ...at })
    expect(done.ended).toEqual([T, L, `${L}/0`, `${L}/1`])
    expect(where(done, 'AKIA')).toEqual([
      [T, 'text'],
      [L, 'text'],
      [L, 'text'],
    ])
  })
})
