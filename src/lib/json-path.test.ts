import { expect, test } from 'bun:test'
import { member } from './json-node.ts'
import { pathOf, printPath, printPointer, stepsTo } from './json-path.ts'
import { readJson } from './json.ts'

const root = readJson(new TextEncoder().encode('{"messages":[{},{"role":"user","a/b~c":[1]}]}'))
const second = (() => {
  const messages = member(root, 'messages')
  return messages?.kind === 'array' ? messages.items[1] : undefined
})()

test('a node is named by the way to it', () => {
  const role = member(second, 'role')
  const odd = member(second, 'a/b~c')
  if (!role || !odd) throw new Error('the document has both')
  expect(pathOf(root, role)).toBe('messages[1].role')
  expect(pathOf(root, odd)).toBe('messages[1]["a/b~c"]')
  expect(pathOf(root, root)).toBe('')
  expect(printPointer(stepsTo(root, odd) ?? [])).toBe('/messages/1/a~1b~0c')
})

test('a node of another document has no way to it', () => {
  expect(stepsTo(root, readJson(new TextEncoder().encode('         1')))).toBeUndefined()
})

test('keys that are no plain words are quoted, and long ones cut between characters', () => {
  expect(printPath(['a b', 'c', 0, ''])).toBe('["a b"].c[0][""]')
  expect(printPath(['x-y', '$z', '1'])).toBe('x-y.$z["1"]')
  expect(printPath(['k'.repeat(64)])).toBe('k'.repeat(64))
  expect(printPath([`${'k'.repeat(7)}😀${'k'.repeat(60)}`])).toBe('["kkkkkkk\ufffd…"]')
})
