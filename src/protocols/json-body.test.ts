import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { member, textOf } from '#lib/json-node.ts'
import { jsonAnswer, jsonBody, jsonEvent } from './json-body.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const filler = '"'.padEnd(70_000, 'x')

test('a large answer is read without its numbers, and everything stands where it stood', () => {
  const json = `{"filler":${filler}","vector":[1.5, -2e3],"name":"here","mixed":[1,"two"]}`
  const root = jsonAnswer(bytes(json))
  expect(member(root, 'vector')).toMatchObject({ kind: 'array', items: [] })
  const name = member(root, 'name')
  expect(name?.kind === 'string' ? textOf(name) : '').toBe('here')
  expect(json.slice(name?.start, name?.end)).toBe('"here"')
  expect(member(root, 'mixed')).toMatchObject({ items: [{ kind: 'number' }, { kind: 'string' }] })
})

test('a small answer is read with its numbers', () => {
  expect(member(jsonAnswer(bytes('{"vector":[1,2]}')), 'vector')).toMatchObject({ items: [{}, {}] })
})

test.each(['[1,]', '[01]', '[1e999]', '[NaN]', '[1 2]'])('a large answer with %s is refused', (list) => {
  expect(() => jsonAnswer(bytes(`{"filler":${filler}","vector":${list}}`))).toThrow(Refusal)
})

test('five million numbers are read, and three million texts are not', () => {
  const list = `[${'1,'.repeat(1_250_000)}1]`
  expect(jsonAnswer(bytes(`[${list},${list},${list},${list}]`))).toMatchObject({ kind: 'array' })
  expect(() => jsonAnswer(bytes(`[${'"",'.repeat(3_000_000)}""]`))).toThrow(Refusal)
})

test('a caller may send fewer values, unless told otherwise', () => {
  const body = bytes(`[${'1,'.repeat(300_000)}1]`)
  expect(() => jsonBody(body, 8)).toThrow('too many values')
  expect(jsonBody(body, 8, 400_000)).toMatchObject({ kind: 'array' })
})

test('an event may hold fewer values than a whole answer', () => {
  const texts = bytes(`[${'"",'.repeat(250_000)}""]`)
  expect(jsonAnswer(texts)).toMatchObject({ kind: 'array' })
  expect(() => jsonEvent(texts)).toThrow(Refusal)
  expect(jsonEvent(bytes(`[${'"",'.repeat(249_998)}""]`))).toMatchObject({ kind: 'array' })
})
