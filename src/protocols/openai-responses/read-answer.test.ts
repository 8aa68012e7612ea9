import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import type { Text } from '#access/text.ts'
import { readAnswer, readCompacted, readDeleted, readItems, readTokenCount } from './read-answer.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)

const reasonOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return 'accepted'
}

const named = (texts: Iterable<Text>, place: string, value: string): Text => {
  const found = [...texts].find((each) => each.place === place && each.value === value)
  if (!found) throw new Error(`nothing at ${place}`)
  return found
}

describe('a response', () => {
  test('comes back byte for byte, with the name that the caller used', () => {
    const body =
      '{ "id":"resp_1","model" : "gpt-real", "output":[{"type":"message","content":[{"type":"output_text","text":"\\u0048i"}]}], "big":12345678901234567890 ,"usage":{"input_tokens":3,"output_tokens":4}}'
    const reading = readAnswer(bytes(body), 'clinic')
    expect(text(reading.compose([]))).toBe(body.replace('gpt-real', 'clinic'))
    expect(reading.usage).toEqual({ input: 3, output: 4 })
  })

  test('what is taken out of a text is taken out of its bytes, and the name stays the caller’s', () => {
    const body =
      '{"output":[{"type":"message","content":[{"type":"output_text","text":"a key: \\"AKIA\\" ok"}]}],"model":"gpt-real"}'
    const reading = readAnswer(bytes(body), 'clinic')
    const said = named(reading.texts(), '/output/0/content/0/text', 'a key: "AKIA" ok')
    const edits = [
      ...said.edits([{ start: 8, end: 12, with: '[redacted: x]' }]),
      ...named(reading.texts(), '/model', 'gpt-real').edits([{ start: 0, end: 3, with: '' }]),
    ]
    expect(text(reading.compose(edits))).toBe(
      '{"output":[{"type":"message","content":[{"type":"output_text","text":"a key: \\"[redacted: x]\\" ok"}]}],"model":"clinic"}',
    )
  })

  test('that failed is an answer, and its words name the model as the caller does', () => {
    const body =
      '{"status":"failed","model":"gpt-real","error":{"code":"server_error","message":"gpt-real is down, gpt-real!"},"output":[]}'
    const reading = readAnswer(bytes(body), 'clinic')
    expect(text(reading.compose([]))).toBe(
      '{"status":"failed","model":"clinic","error":{"code":"server_error","message":"clinic is down, clinic!"},"output":[]}',
    )
    const told = named(reading.texts(), '/error/message', 'clinic is down, clinic!')
    expect(text(reading.compose(told.edits([{ start: 0, end: 6, with: 'X' }])))).toBe(
      '{"status":"failed","model":"clinic","error":{"code":"server_error","message":"X is down, clinic!"},"output":[]}',
    )
  })

  test.each([
    ['{"error":{"message":"out of credit"},"output":[]}', 'provider_failed'],
    ['{"error":{"message":"out of credit"},"status":"completed","output":[]}', 'provider_failed'],
    ['{"output":[]', 'provider_answer_invalid'],
    ['{"model":"m"}', 'provider_answer_invalid'],
    ['{"status":"completed"}', 'provider_answer_invalid'],
    ['{"output":{}}', 'provider_answer_invalid'],
    ['{"output":[],"output":[]}', 'provider_answer_invalid'],
    ['[]', 'provider_answer_invalid'],
    ['{"status":"queued","id":"resp_1"}', 'accepted'],
    ['{"error":null,"output":[]}', 'accepted'],
    ['{"status":"failed","error":{"message":"x"}}', 'accepted'],
  ])('%s: %s', (body, reason) => {
    expect(reasonOf(() => readAnswer(bytes(body), 'm'))).toBe(reason)
  })

  test('has its texts in their roles', () => {
    const sealed = 'gAAAAAB'.padEnd(80, 'x')
    const body = {
      output: [
        { type: 'function_call', arguments: '{"a":1}' },
        { type: 'mcp_call', arguments: '{"a":2}' },
        { type: 'custom_tool_call', input: '{"a":3}' },
        { type: 'reasoning', encrypted_content: sealed },
        { type: 'image_generation_call', result: 'AAAA' },
        { type: 'message', content: [{ type: 'refusal', refusal: 'no' }] },
      ],
      metadata: { password: 'p' },
    }
    const all = [...readAnswer(bytes(JSON.stringify(body)), 'm').texts()].map(({ place, role, label }) =>
      [place, role, label ?? ''].join(' '),
    )
    expect(all).toContain('/output/0/arguments json ')
    expect(all).toContain('/output/1/arguments json ')
    expect(all).toContain('/output/2/input text ')
    expect(all).toContain('/output/3/* text ')
    expect(all).toContain('/output/4/result media ')
    expect(all).toContain('/output/5/content/0/refusal text ')
    expect(all).toContain('/metadata/password text password')
    expect(all.filter((each) => each.includes('sealed'))).toEqual(['/output/3/encrypted_content sealed '])
  })
})

describe('what a provider holds from then on', () => {
  const output = [
    { type: 'reasoning', id: 'rs_1' },
    {
      type: 'message',
      id: 'msg_1',
      content: [
        {
          type: 'output_text',
          text: 'x',
          annotations: [
            { type: 'container_file_citation', container_id: 'cntr_1', file_id: 'cfile_1' },
            { type: 'file_citation', file_id: 'file-of-another' },
            { type: 'file_path', file_id: 'file-made' },
          ],
        },
      ],
    },
    { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1' },
    { type: 'shell_call', id: 'sh_1', environment: { type: 'container_reference', container_id: 'cntr_2' } },
    { type: 'mcp_approval_request', id: 'mcpr_1' },
  ]
  const madeOf = (fields: object) =>
    readAnswer(bytes(JSON.stringify({ id: 'resp_1', output, conversation: { id: 'conv_1' }, ...fields })), 'm').made

  test('is the response, its items, and the containers and files that were made', () => {
    const all = [
      'resp_1',
      'conv_1',
      'rs_1',
      'msg_1',
      'cntr_1',
      'cfile_1',
      'file-made',
      'ci_1',
      'sh_1',
      'cntr_2',
      'mcpr_1',
    ]
    expect(madeOf({ store: true })).toEqual(all)
    expect(madeOf({})).toEqual(all)
  })

  test('is less where nothing is stored', () => {
    expect(madeOf({ store: false })).toEqual(['cntr_1', 'cfile_1', 'file-made', 'cntr_2', 'mcpr_1'])
  })
})

test('other answers are read for what they are', () => {
  expect(text(readTokenCount(bytes('{"object":"response.input_tokens","input_tokens":7}')).compose([]))).toBe(
    '{"object":"response.input_tokens","input_tokens":7}',
  )
  expect(reasonOf(() => readTokenCount(bytes('{"object":"response.input_tokens"}')))).toBe('provider_answer_invalid')
  expect(readCompacted(bytes('{"id":"c","output":[{"id":"x"}],"usage":{"input_tokens":1}}'), 'm')).toMatchObject({
    made: [],
    usage: { input: 1 },
  })
  expect(reasonOf(() => readCompacted(bytes('{"error":{"message":"x"},"status":"failed"}'), 'm'))).toBe(
    'provider_failed',
  )
  expect([...readItems(bytes('{"data":[{"type":"function_call","arguments":"{}"}]}')).texts()]).toContainEqual(
    expect.objectContaining({ place: '/data/0/arguments', role: 'json' }) as never,
  )
  expect(reasonOf(() => readItems(bytes('{}')))).toBe('provider_answer_invalid')
  expect(text(readDeleted(bytes('{"id":"resp_1","deleted":true}')).compose([]))).toBe('{"id":"resp_1","deleted":true}')
  expect(readDeleted(bytes('')).compose([])).toHaveLength(0)
  for (const untold of ['{}', '{"hello":["world"]}', '{"id":"resp_1","deleted":"yes"}']) {
    expect([untold, reasonOf(() => readDeleted(bytes(untold)))]).toEqual([untold, 'provider_answer_invalid'])
  }
})

test('what is said is one group, over all messages; parts of anything else are one for each list', () => {
  const said = (text: string) => ({ type: 'output_text', text })
  const output = [
    { type: 'message', content: [said('a'), said('b'), { type: 'refusal', refusal: 'c' }] },
    {
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'd' }],
      content: [{ type: 'reasoning_text', text: 'e' }],
    },
    { type: 'message', content: [said('f')] },
    { type: 'mcp_list_tools', tools: [{ input_schema: { xx: [{ text: 'g' }] } }] },
  ]
  const reading = readAnswer(new TextEncoder().encode(JSON.stringify({ output })), 'm')
  const groups = [...reading.texts()]
    .filter(({ value }) => value.length === 1)
    .map(({ value, group }) => `${value} ${group}`)
  expect(groups).toEqual([
    'a output_text',
    'b output_text',
    'c undefined',
    'd /output/1/summary',
    'e /output/1/content',
    'f output_text',
    'g undefined',
  ])
})
