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

  test('are a lane of their own, and one more for each rank and for what bytes spell', () => {
    const reading = reader()({ type: 'response.output_text.delta', delta: 'AKIA', logprobs, ...at })
    expect(where(reading, 'AKIA')).toEqual([
      [T, 'text', T],
      [L, 'text', L],
      [L, 'text', `${L}/0`],
      [L, 'text', `${L}/bytes`],
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
    expect(done.ended).toEqual([T, L, `${L}/0`, `${L}/1`, `${L}/bytes`])
    expect(where(done, 'AKIA')).toEqual([
      [T, 'text'],
      [L, 'text'],
      [L, 'text'],
    ])
  })
})
