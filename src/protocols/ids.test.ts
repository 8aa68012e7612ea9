import { expect, test } from 'bun:test'
import { readJson } from '#lib/json.ts'
import { idsIn, idsUnder, isIdKey } from './ids.ts'

const idsOf = (value: unknown, free: readonly string[] = []) =>
  idsIn(readJson(new TextEncoder().encode(JSON.stringify(value))), new Set(free)).map(
    ({ id, field }) => `${field}=${id}`,
  )

test('a key says whether an id stands under it', () => {
  const yes = ['id', 'ID', 'ids', 'container', 'file_id', 'FILE_IDS', 'file-id', 'fileId', 'fileIDs', 'container_ids']
  for (const key of [...yes, 'vector_store_\u0131ds', `${'x'.repeat(99)}_id`])
    expect([key, isIdKey(key)]).toEqual([key, true])
  for (const key of ['', 'paid', 'valid', 'grids', 'text', 'identity', 'id_token', 'containered']) {
    expect([key, isIdKey(key)]).toEqual([key, false])
  }
})

test('ids are found at any depth, alone or in lists, and named by their place', () => {
  expect(
    idsOf({
      a: [{ file: { file_id: 'f1' } }, 'x'],
      file_ids: ['f2', ['f3'], { id: 'f4', name: 'n' }],
      id: ' ',
      n_id: 7,
    }),
  ).toEqual(['a[0].file.file_id=f1', 'file_ids[0]=f2', 'file_ids[1][0]=f3', 'file_ids[2].id=f4'])
  expect(idsOf({ container: { type: 'auto', container: 'c1' } })).toEqual(['container.container=c1'])
  expect(idsOf({ metadata: { id: 'x' }, id: 'y' }, ['metadata'])).toEqual(['id=y'])
})

test('in what is unknown, ids of calls are left out: they refer to items of the same body', () => {
  const node = readJson(new TextEncoder().encode('{"call_id":"c","x":{"tool_use_id":"t","file_id":"f"}}'))
  expect(idsUnder('', node, 'input[0]')).toEqual([{ id: 'f', field: 'input[0].x.file_id' }])
  const text = readJson(new TextEncoder().encode('"f"'))
  expect(idsUnder('file_id', text, 'a.file_id')).toEqual([{ id: 'f', field: 'a.file_id' }])
  expect(idsUnder('call_id', text, 'a.call_id')).toEqual([])
})
