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
