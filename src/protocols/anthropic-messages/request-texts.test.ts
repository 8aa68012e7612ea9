import { describe, expect, test } from 'bun:test'
import type { Text } from '#access/text.ts'
import { splice } from '#lib/splice.ts'
import { readRequest } from './read-request.ts'
import { bodyWith, bytes, text } from './scene.fixture.ts'

const SECRET = 'hunter2'

/** Places and roles of every text that is, or holds, the secret. */
function found(fields: object): readonly string[] {
  const texts = [...readRequest(bytes(bodyWith(fields))).texts()]
  return texts
    .filter(({ value }) => value.includes(SECRET))
    .map(({ place, role, label }) => [role, place, ...(label === undefined ? [] : [label])].join(' '))
}

const saying = (...content: readonly object[]) => ({ messages: [{ role: 'user', content }] })

describe('every place of a request is read', () => {
  test.each<readonly [object, string]>([
    [{ system: SECRET }, 'text /system'],
    [{ system: [{ type: 'text', text: SECRET }] }, 'text /system/0/text'],
    [{ messages: [{ role: 'assistant', content: SECRET }] }, 'text /messages/0/content'],
    [saying({ type: 'text', text: SECRET }), 'text /messages/0/content/0/text'],
    [saying({ type: 'tool_result', tool_use_id: 'i', content: SECRET }), 'text /messages/0/content/0/content'],
    [
      saying({ type: 'tool_result', tool_use_id: 'i', content: [{ type: 'text', text: SECRET }] }),
      'text /messages/0/content/0/content/0/text',
    ],
    [
      saying({ type: 'tool_use', id: 'i', name: 'n', input: { login: { password: SECRET } } }),
      'text /messages/0/content/0/input/login/password password',
    ],
    [
      saying({ type: 'server_tool_use', id: 'i', name: 'n', input: { q: [SECRET] } }),
      'text /messages/0/content/0/input/q/0 q',
    ],
    [
      saying({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: SECRET } }),
      'text /messages/0/content/0/source/data',
    ],
    [
      saying({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: SECRET } }),
      'media /messages/0/content/0/source/data',
    ],
    [
      saying({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: SECRET } }),
      'media /messages/0/content/0/source/data',
    ],
    [saying({ type: 'search_result', source: 's', title: SECRET, content: [] }), 'text /messages/0/content/0/title'],
    [{ tools: [{ name: 'n', description: SECRET, input_schema: {} }] }, 'text /tools/0/description'],
    [
      { tools: [{ name: 'n', input_schema: { properties: { key: { default: SECRET } } } }] },
      'text /tools/0/input_schema/properties/key/default default',
    ],
    [
      { mcp_servers: [{ type: 'url', name: 's', url: 'https://a', authorization_token: SECRET }] },
      'text /mcp_servers/0/authorization_token',
    ],
    [{ metadata: { user_id: SECRET } }, 'text /metadata/user_id'],
    [{ stop_sequences: [SECRET] }, 'text /stop_sequences/0'],
    [{ surprise: { deep: [SECRET] } }, 'text /surprise/deep/0'],
    [{ [SECRET]: 1 }, 'text /*'],
  ])('%j', (fields, expected) => {
    expect(found(fields)).toEqual([expected])
  })
})

describe('what the provider signed or encrypted is never edited', () => {
  const citation = {
    type: 'web_search_result_location',
    cited_text: 'c',
    url: 'https://a',
    title: null,
    encrypted_index: SECRET,
  }
  const hit = { type: 'web_search_result', encrypted_content: SECRET, title: 't', url: 'https://a' }
  const ran = {
    type: 'encrypted_code_execution_result',
    encrypted_stdout: SECRET,
    stderr: '',
    return_code: 0,
    content: [],
  }
  test.each<readonly [object, string]>([
    [{ type: 'thinking', thinking: SECRET, signature: 's' }, 'signed /messages/0/content/0/thinking'],
    [{ type: 'thinking', thinking: 'x', signature: SECRET }, 'sealed /messages/0/content/0/signature'],
    [{ type: 'thinking', thinking: SECRET, signature: '' }, 'text /messages/0/content/0/thinking'],
    [{ type: 'redacted_thinking', data: SECRET }, 'sealed /messages/0/content/0/data'],
    [{ type: 'text', text: 't', citations: [citation] }, 'sealed /messages/0/content/0/citations/0/encrypted_index'],
    [
      { type: 'web_search_tool_result', tool_use_id: 'i', content: [hit] },
      'sealed /messages/0/content/0/content/0/encrypted_content',
    ],
    [
      { type: 'code_execution_tool_result', tool_use_id: 'i', content: ran },
      'sealed /messages/0/content/0/content/encrypted_stdout',
    ],
    [{ type: 'compaction', content: SECRET, signature: 's' }, 'signed /messages/0/content/0/content'],
    [{ type: 'compaction', content: SECRET }, 'text /messages/0/content/0/content'],
    [{ type: 'compaction', content: 'x', encrypted_content: SECRET }, 'sealed /messages/0/content/0/encrypted_content'],
    // A block that only says it is signed is not.
    [{ type: 'text', text: SECRET, signature: 's' }, 'text /messages/0/content/0/text'],
  ])('%j', (block, expected) => {
    expect(found(saying(block))).toEqual([expected])
  })

  test('nor the tools that a signed compaction kept', () => {
    const definition = { name: 'n', description: SECRET, input_schema: {} }
    const change = { type: 'tool_addition', tool: { type: 'tool_definition', definition } }
    const compaction = { type: 'compaction', content: 'x', tool_changes: [change] }
    const at = (index: number) => `/messages/0/content/${index}/tool_changes/0/tool/definition/description`
    expect(
      found(
        saying({ ...compaction, signature: 's' }, { type: 'text', text: SECRET }, { ...compaction, signature: 's' }),
      ),
    ).toEqual([`signed ${at(0)}`, 'text /messages/0/content/1/text', `signed ${at(2)}`])
    expect(found(saying(compaction))).toEqual([`text ${at(0)}`])
  })
})

test('a redaction lands in the bytes of its text, and nowhere else', () => {
  const body =
    '{ "model":"c","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"\\u0061 hunter2 ä"} ]}] , "stop_sequences":["hunter2"]}'
  const hidden = (place: string): string => {
    const at = [...readRequest(bytes(body)).texts()].find((each: Text) => each.place === place)
    const start = at?.value.indexOf(SECRET) ?? -1
    const edits = at?.edits([{ start, end: start + SECRET.length, with: '[redacted: password]' }]) ?? []
    return text(splice(bytes(body), edits))
  }
  expect(hidden('/messages/0/content/0/text')).toBe(
    '{ "model":"c","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"a [redacted: password] ä"} ]}] , "stop_sequences":["hunter2"]}',
  )
  expect(hidden('/stop_sequences/0')).toBe(body.replace('["hunter2"]', '["[redacted: password]"]'))
})

test('thousands of signed compactions are read in a moment', () => {
  const change = { type: 'tool_removal', tool: { type: 'tool_reference', name: 'n' } }
  const block = { type: 'compaction', content: 'x', signature: 's', tool_changes: [change, change] }
  const reading = readRequest(bytes(bodyWith(saying(...Array.from({ length: 8_000 }, () => block)))))
  const began = performance.now()
  const signed = [...reading.texts()].filter(({ role }) => role === 'signed').length
  expect(signed).toBe(8_000 * 7)
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('below names that people choose no role of ours applies', () => {
  const chosen = {
    encrypted_content: SECRET,
    type: 'base64',
    data: SECRET,
    in: { type: 'thinking', signature: SECRET },
  }
  expect(found(saying({ type: 'tool_use', id: 'i', name: 'n', input: chosen }))).toEqual([
    'text /messages/0/content/0/input/encrypted_content encrypted_content',
    'text /messages/0/content/0/input/data data',
    'text /messages/0/content/0/input/in/signature signature',
  ])
  expect(found({ tools: [{ name: 'n', input_schema: { encrypted_index: SECRET } }] })).toEqual([
    'text /tools/0/input_schema/encrypted_index encrypted_index',
  ])
})
