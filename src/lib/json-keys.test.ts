import { expect, test } from 'bun:test'
import { foldKey, foldName } from './json-keys.ts'

test('keys fold as parsers that ignore case read them', () => {
  expect(foldKey('model')).toBe('model')
  expect(foldKey('MoDel')).toBe('model')
  expect(foldKey('me\u017f\u017fages')).toBe('messages')
  expect(foldKey('to\u212aens')).toBe('tokens')
  expect(foldKey('\u0130d')).toBe('id')
  expect(foldKey('m\u0131n')).toBe('min')
})

test('characters that no parser takes for ASCII stay outside it', () => {
  expect(foldKey('\u00c5_\ufb01')).toBe('\u00e5_\ufb01')
  expect(foldKey('\uff41')).toBe('\uff41')
  expect(foldKey('')).toBe('')
})

test('no fold of a key into ASCII is shorter or longer than the key', () => {
  for (let code = 0x80; code < 0x10000; code++) {
    const folded = foldKey(String.fromCharCode(code))
    if (/^[\0-\x7f]*$/.test(folded)) expect([code, folded.length]).toEqual([code, 1])
  }
})

test('names fold as parsers read them that take one way of joining words for another', () => {
  for (const name of [
    'max_tokens',
    'maxTokens',
    'MaxTokens',
    'max-tokens',
    'MAX_TOKENS',
    '_max__tokens',
    'maxTo\u212aens',
  ]) {
    expect([name, foldName(name)]).toEqual([name, 'maxtokens'])
  }
  expect(foldName('max tokens')).toBe('max tokens')
  expect(foldName('__')).toBe('')
})
