import { expect, test } from 'bun:test'
import { foldKey } from './json-keys.ts'

test('keys fold as parsers that ignore case read them', () => {
  expect(foldKey('model')).toBe('model')
  expect(foldKey('MoDel')).toBe('model')
  expect(foldKey('me\u017f\u017fages')).toBe('messages')
  expect(foldKey('to\u212aens')).toBe('tokens')
  expect(foldKey('\u0130d')).toBe('id')
  expect(foldKey('m\u0131n')).toBe('min')
})

test('characters that no parser takes for ASCII stay', () => {
  expect(foldKey('ÄÅ_ﬁ')).toBe('ÄÅ_ﬁ')
  expect(foldKey('')).toBe('')
})
