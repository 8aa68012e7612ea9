import { expect, test } from 'bun:test'
import { markedSecrets, SECRET } from './inspector.fixture.ts'
import { acrossSeam, behind, NO_TAIL } from './seam.ts'

const after = (...texts: readonly string[]) => texts.reduce((tail, text) => behind(tail, text, markedSecrets), NO_TAIL)

test('a secret that stands across two texts is found, wherever it was cut', () => {
  for (let at = 1; at < SECRET.length; at++) {
    const tail = after('It is ', SECRET.slice(0, at))
    expect(acrossSeam(tail, SECRET.slice(at), markedSecrets)).toBe('marked-secret')
  }
})

test('one that is whole in either text does not stand across', () => {
  expect(acrossSeam(after(SECRET), ' and more', markedSecrets)).toBeUndefined()
  expect(acrossSeam(after('so '), SECRET, markedSecrets)).toBeUndefined()
  expect(acrossSeam(after('plain '), 'text', markedSecrets)).toBeUndefined()
  expect(acrossSeam(NO_TAIL, SECRET, markedSecrets)).toBeUndefined()
})

test('of a text that has left, as much is remembered as an inspector holds back', () => {
  expect(after('0123456789', 'abc').text).toBe('3456789abc')
  expect(after('a', '0123456789xyz').text).toBe('3456789xyz')
})

test('a match that is longer than what is remembered goes on into whatever follows', () => {
  expect(acrossSeam({ text: 'tail', open: 'long-secret' }, 'more', markedSecrets)).toBe('long-secret')
  expect(acrossSeam({ text: 'tail', open: 'long-secret' }, '', markedSecrets)).toBeUndefined()
})
