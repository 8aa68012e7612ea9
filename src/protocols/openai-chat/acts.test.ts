import { describe, expect, test } from 'bun:test'
import { readRequest } from './read-request.ts'

const read = (fields: object) =>
  readRequest(
    new TextEncoder().encode(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...fields })),
  )
const saying = (part: object) => read({ messages: [{ role: 'user', content: [part] }] }).acts

describe('what nobody here knows of a part could name anything, and its ids are ids', () => {
  const at = 'messages[0].content[0]'
  test.each([
    [{ type: 'input_file', file_id: 'f1' }, `${at}.file_id`],
    [{ type: 'text', text: 'x', file_id: 'f1' }, `${at}.file_id`],
    [{ type: 'text', text: 'x', fileIds: [['f1']] }, `${at}.fileIds[0][0]`],
    [{ type: 'image_file', image_file: { file_id: 'f1' } }, `${at}.image_file.file_id`],
    [{ type: 'image_url', image_url: { url: 'data:,', file_id: 'f1' } }, `${at}.image_url.file_id`],
    [{ type: 'zzz', a: [{ b: { Container: { Id: 'f1' } } }] }, `${at}.a[0].b.Container.Id`],
  ])('%j', (part, field) => {
    expect(saying(part)).toEqual([
      { action: 'fetch-url', field: at },
      { action: 'use-file', field: at },
      { action: 'use-file', field, id: 'f1' },
    ])
  })

  test('a part that is known has none but its own', () => {
    expect(saying({ type: 'file', file: { file_id: 'f1' } })).toEqual([
      { action: 'use-file', field: `${at}.file.file_id`, id: 'f1' },
    ])
  })
})

describe('what nobody here knows of a message, and of a tool', () => {
  test.each([
    [{ attachments: [{ file_id: 'f1', tools: [] }] }, 'attachments[0].file_id'],
    [{ file_ids: ['f1'] }, 'file_ids[0]'],
    [{ image_url: { url: 'https://a', id: 'f1' } }, 'image_url.id'],
  ])('a message with %j could name anything', (more, field) => {
    expect(read({ messages: [{ role: 'user', content: 'x', ...more }] }).acts).toEqual([
      { action: 'fetch-url', field: 'messages[0]' },
      { action: 'use-file', field: 'messages[0]' },
      { action: 'use-file', field: `messages[0].${field}`, id: 'f1' },
    ])
  })

  test('an assistant’s message goes back as it came', () => {
    const answer = {
      role: 'assistant',
      content: null,
      refusal: null,
      annotations: [
        { type: 'url_citation', url_citation: { start_index: 0, end_index: 1, title: 't', url: 'https://a' } },
      ],
      reasoning_content: 'hm',
      reasoning: null,
      audio: null,
      function_call: null,
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    }
    expect(read({ messages: [answer] })).toMatchObject({ acts: [], unknown: [] })
    const spoken = { id: 'audio_1', data: 'AAAA', expires_at: 1, transcript: 'x' }
    expect(read({ messages: [{ role: 'assistant', audio: spoken }] })).toMatchObject({
      acts: [{ action: 'use-file', field: 'messages[0].audio.id', id: 'audio_1' }],
      unknown: [],
    })
  })

  test.each([
    ['tools[0]', { tools: [{ type: 'function', function: { name: 'f' }, web_search: { enable: true } }] }],
    ['tools[0]', { tools: [{ type: 'function', function: { name: 'f', server_url: 'https://a' } }] }],
    ['functions[0]', { functions: [{ name: 'f', code_execution: {} }] }],
    ['tool_choice', { tool_choice: { type: 'function', function: { name: 'f' }, google_search: {} } }],
  ])('%s could be the provider’s own: %j', (field, more) => {
    expect(read(more).acts).toEqual([{ action: 'use-hosted-tool', field }])
  })

  test('a tool of the provider’s by its name is one', () => {
    expect(read({ tools: [{ type: 'function', function: { name: '$web_search' } }] }).acts).toEqual([
      { action: 'use-hosted-tool', field: 'tools[0].function.name' },
    ])
  })
})

test('an answer of sound is kept for a while', () => {
  const audio = { voice: 'alloy', format: 'wav' }
  expect(read({ modalities: ['text', 'audio'], audio }).acts).toEqual([{ action: 'store', field: 'modalities' }])
  expect(read({ modalities: ['Audio'] }).acts).toEqual([{ action: 'store', field: 'modalities' }])
  expect(read({ modalities: ['text', 'image'] }).acts).toEqual([])
  expect(read({ modalities: null, audio }).acts).toEqual([])
})

test('a path is not the file itself, though it could be base64 by its letters', () => {
  const file = (file_data: string) => saying({ type: 'file', file: { file_data } }).map(({ action }) => action)
  expect(file('//etc/passwd')).toEqual(['fetch-url'])
  expect(file('/9j/4AAQSkZJRg==')).toEqual([])
})
