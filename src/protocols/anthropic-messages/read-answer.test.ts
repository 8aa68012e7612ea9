import { describe, expect, test } from 'bun:test'
import { readAnswer, readCount } from './read-answer.ts'
import { bytes, outcomeOf, text } from './scene.fixture.ts'

const answer = (fields: object): string =>
  JSON.stringify({ id: 'msg_1', type: 'message', role: 'assistant', model: 'harbor-1', content: [], ...fields })

const composed = (body: string, place = '', start = 0, end = 0): string => {
  const reading = readAnswer(bytes(body), 'claude-clinic')
  const found = [...reading.texts()].filter((each) => each.place === place)
  return text(reading.compose(found.flatMap((each) => each.edits([{ start, end, with: '[redacted: x]' }]))))
}

test('an answer comes back byte for byte, with the name that the caller used', () => {
  const body =
    '{ "id":"msg_1","type":"message", "model":"harbor-1-2026", "content":[{"type":"text","text":"\\u0048i"}], "big":12345678901234567890 ,"usage":{"input_tokens":3,"cache_creation_input_tokens":10,"cache_read_input_tokens":null,"output_tokens":4,"iterations":[{"type":"message","model":"harbor-1-2026"},{"type":"compaction"}]}}'
  expect(composed(body)).toBe(body.replaceAll('harbor-1-2026', 'claude-clinic'))
  const { usage, made } = readAnswer(bytes(body), 'claude-clinic')
  expect(usage).toEqual({ input: 13, output: 4, cacheWrite: 10 })
  expect(made).toEqual(['msg_1'])
})

test('a redaction lands in its text, and one in the model’s name gives way to the caller’s', () => {
  const body = answer({ content: [{ type: 'text', text: 'say hunter2', citations: null }], stop_sequence: null })
  expect(composed(body, '/content/0/text', 4, 11)).toBe(
    '{"id":"msg_1","type":"message","role":"assistant","model":"claude-clinic","content":[{"type":"text","text":"say [redacted: x]","citations":null}],"stop_sequence":null}',
  )
  expect(composed(body, '/model', 0, 3)).toBe(body.replace('harbor-1', 'claude-clinic'))
})

test('what is found inside of a model that is no name gives way to the caller’s, and so do names of steps', () => {
  const body = answer({ model: { a: 'hunter2' }, usage: { iterations: [{ model: 'hunter2' }] } })
  expect(composed(body, '/model/a', 0, 7)).toBe(
    '{"id":"msg_1","type":"message","role":"assistant","model":"claude-clinic","content":[],"usage":{"iterations":[{"model":"claude-clinic"}]}}',
  )
  expect(composed(body, '/usage/iterations/0/model', 0, 7)).toBe(
    '{"id":"msg_1","type":"message","role":"assistant","model":"claude-clinic","content":[],"usage":{"iterations":[{"model":"claude-clinic"}]}}',
  )
})

test('what the provider now holds is told: the message, its container, the files that code wrote', () => {
  const run = (type: string, file: string) => ({
    type: `${type}_tool_result`,
    tool_use_id: 't',
    content: {
      type: `${type}_result`,
      stdout: '',
      stderr: '',
      return_code: 0,
      content: [{ type: `${type}_output`, file_id: file }],
    },
  })
  const cited = { type: 'char_location', cited_text: 'c', document_index: 0, file_id: 'file_before' }
  const body = answer({
    container: { id: 'container_1', expires_at: 'then', skills: null },
    content: [
      run('bash_code_execution', 'file_1'),
      run('code_execution', 'file_2'),
      { type: 'container_upload', file_id: 'file_3' },
      { type: 'hologram', file_id: 'file_unknown' },
      { type: 'text', text: 'x', citations: [cited] },
      { type: 'tool_use', id: 't', name: 'n', input: { type: 'x_output', file_id: 'file_asked' } },
    ],
  })
  expect(readAnswer(bytes(body), 'm').made).toEqual(['msg_1', 'container_1', 'file_1', 'file_2', 'file_3'])
})

test('every text of an answer is read in its role', () => {
  const body = answer({
    content: [
      { type: 'thinking', thinking: 'X', signature: 'X' },
      { type: 'thinking', thinking: 'X', signature: '' },
      { type: 'redacted_thinking', data: 'X' },
      {
        type: 'text',
        text: 'X',
        citations: [{ type: 'web_search_result_location', cited_text: 'X', encrypted_index: 'X', url: 'X' }],
      },
      { type: 'tool_use', id: 't', name: 'n', input: { password: 'X' } },
      { type: 'web_search_tool_result', content: [{ type: 'web_search_result', encrypted_content: 'X', title: 'X' }] },
      {
        type: 'compaction',
        content: 'X',
        encrypted_content: 'X',
        tool_changes: [{ type: 'tool_removal', tool: { name: 'X' } }],
      },
      { type: 'hologram', beam: 'X' },
    ],
    stop_details: { type: 'refusal', explanation: 'X' },
    surprise: 'X',
  })
  const found = [...readAnswer(bytes(body), 'm').texts()].filter(({ value }) => value === 'X')
  expect(found.map(({ place, role, label }) => [role, place, label ?? ''].join(' ').trim())).toEqual([
    'signed /content/0/thinking',
    'sealed /content/0/signature',
    'signed /content/1/thinking',
    'sealed /content/2/data',
    'text /content/3/text',
    'text /content/3/citations/0/cited_text',
    'sealed /content/3/citations/0/encrypted_index',
    'text /content/3/citations/0/url',
    'text /content/4/input/password password',
    'sealed /content/5/content/0/encrypted_content',
    'text /content/5/content/0/title',
    'signed /content/6/content',
    'sealed /content/6/encrypted_content',
    'signed /content/6/tool_changes/0/tool/name',
    'text /content/7/beam',
    'text /stop_details/explanation',
    'text /surprise',
  ])
})

test.each([
  ['{"type":"error","error":{"type":"overloaded_error","message":"m"}}', 'provider_failed -'],
  ['{"type":"message","content":[],"error":{"message":"m"}}', 'provider_failed -'],
  ['{"type":"message","content":[]', 'provider_answer_invalid -'],
  ['{"type":"message"}', 'provider_answer_invalid -'],
  ['{"content":[]}', 'provider_answer_invalid -'],
  ['{"type":"message","content":"Hi"}', 'provider_answer_invalid -'],
  ['{"type":"message","content":["Hi"]}', 'provider_answer_invalid -'],
  ['{"type":"message","content":[{"text":"Hi"}]}', 'provider_answer_invalid -'],
  ['{"type":"message","type":"message","content":[]}', 'provider_answer_invalid -'],
  ['[]', 'provider_answer_invalid -'],
  ['<html></html>', 'provider_answer_invalid -'],
  ['{"type":"message","content":[],"error":null}', 'accepted'],
])('%s: %s', (body, outcome) => {
  expect(outcomeOf(() => readAnswer(bytes(body), 'm'))).toBe(outcome)
})

describe('a token count', () => {
  test('comes back as it is', () => {
    const body = '{ "input_tokens": 2095, "context_management":{"original_input_tokens":3000} }'
    const reading = readCount(bytes(body))
    expect(reading.usage).toEqual({ input: 2095 })
    expect(text(reading.compose([]))).toBe(body)
  })

  test.each([
    ['{"input_tokens":"9"}', 'provider_answer_invalid -'],
    ['{"input_tokens":-1}', 'provider_answer_invalid -'],
    ['{}', 'provider_answer_invalid -'],
    ['{"error":{"message":"m"},"input_tokens":1}', 'provider_failed -'],
  ])('%s: %s', (body, outcome) => {
    expect(outcomeOf(() => readCount(bytes(body)))).toBe(outcome)
  })
})

test('blocks of text are one group, and so are those of a tool’s result', () => {
  const content = [
    { type: 'text', text: 'A' },
    { type: 'web_fetch_tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'B' }] },
    { type: 'text', text: 'C' },
    { type: 'tool_use', id: 't', name: 'f', input: { a: [{ type: 'text', text: 'D' }] } },
  ]
  const reading = readAnswer(bytes(answer({ content })), 'm')
  const groups = [...reading.texts()]
    .filter(({ value }) => /^[A-D]$/.test(value))
    .map(({ value, group }) => `${value} ${group}`)
  expect(groups).toEqual(['A text', 'B /content/1/content', 'C text', 'D undefined'])
})

test('below names that a tool’s author or caller chose no role of ours applies', () => {
  const chosen = {
    encrypted_content: 'X',
    type: 'redacted_thinking',
    data: 'X',
    in: { type: 'thinking', signature: 'X' },
  }
  const content = [
    { type: 'tool_use', id: 't', name: 'f', input: chosen },
    { type: 'dream', tools: [{ input_schema: chosen }] },
    { type: 'compaction', content: 'c', tool_changes: [{ definition: { input_schema: chosen } }] },
    { type: 'redacted_thinking', data: 'X' },
  ]
  const reading = readAnswer(bytes(answer({ content })), 'm')
  expect([...reading.texts()].filter(({ value }) => value === 'X').map(({ role }): string => role)).toEqual([
    'text',
    'text',
    'text',
    'text',
    'text',
    'text',
    'signed',
    'signed',
    'signed',
    'sealed',
  ])
})
