import { expect, test } from 'bun:test'
import type { Redaction, Text } from '#access/text.ts'
import { readJson } from '#lib/json.ts'
import { splice } from '#lib/splice.ts'
import { olderTokenTexts, tokenTexts } from './openai-logprobs.ts'

const read = (json: string) => readJson(new TextEncoder().encode(json))

const newer = (json: string, lane?: string): readonly Text[] => {
  const root = read(json)
  if (root.kind !== 'array') throw new Error('no array')
  return [...tokenTexts(root, { place: '/at', ...(lane === undefined ? {} : { lane }) })]
}
const older = (json: string, lane?: string): readonly Text[] => [
  ...(olderTokenTexts(read(json), { place: '/at', ...(lane === undefined ? {} : { lane }) }) ?? []),
]

const shown = (texts: readonly Text[]): readonly string[] =>
  texts.map(({ place, lane, value }) => `${place} ${lane ?? '-'}: ${value}`)

const edited = (json: string, text: Text | undefined, ...redactions: readonly Redaction[]): string =>
  new TextDecoder().decode(splice(new TextEncoder().encode(json), text?.edits(redactions) ?? []))

const NEWER =
  '[{"token":"my ","logprob":-0.1,"bytes":[109,121,32],"top_logprobs":[{"token":"my ","logprob":-0.1},{"token":"a ","logprob":-2}]},' +
  '{"token":"se","logprob":-0.2,"bytes":[115,101],"top_logprobs":[{"token":"se","logprob":-0.2},{"token":"pa","logprob":-2}]},' +
  '{"token":"","logprob":0,"bytes":null,"top_logprobs":[]},' +
  '{"token":"cret!","logprob":-0.3,"bytes":[99],"top_logprobs":[{"token":"cret!","logprob":-0.3},{"token":"ss","logprob":-2}]}]'

test('tokens are one text, and so is each rank of what else they could have been', () => {
  expect(shown(newer(NEWER, '0/l'))).toEqual(['/at 0/l: my secret!', '/at 0/l/0: my secret!', '/at 0/l/1: a pass'])
  expect(shown(newer(NEWER))).toEqual(['/at -: my secret!', '/at -: my secret!', '/at -: a pass'])
})

test('what is taken out of the text is taken out of each token that it touches, with all that repeats it', () => {
  expect(edited(NEWER, newer(NEWER)[0], { start: 3, end: 9, with: '[gone]' })).toBe(
    '[{"token":"my ","logprob":-0.1,"bytes":[109,121,32],"top_logprobs":[{"token":"my ","logprob":-0.1},{"token":"a ","logprob":-2}]},' +
      '{"token":"[gone]","logprob":-0.2,"bytes":[],"top_logprobs":[]},' +
      '{"token":"","logprob":0,"bytes":null,"top_logprobs":[]},' +
      '{"token":"!","logprob":-0.3,"bytes":[],"top_logprobs":[]}]',
  )
})

test('two pieces taken out of one token, and one that begins in it', () => {
  const json = '[{"token":"abcdef"},{"token":"gh"}]'
  expect(
    edited(
      json,
      newer(json)[0],
      { start: 0, end: 1, with: '[1]' },
      { start: 2, end: 3, with: '[2]' },
      { start: 5, end: 7, with: '[3]' },
    ),
  ).toBe('[{"token":"[1]b[2]de[3]"},{"token":"h"}]')
})

test('what is taken out of a rank leaves the token, and none of what it could have been', () => {
  const json = '[{"token":"x","top_logprobs":[{"token":"a"},{"token":"key","bytes":[107]}]}]'
  expect(edited(json, newer(json)[2], { start: 0, end: 3, with: '[gone]' })).toBe('[{"token":"x","top_logprobs":[]}]')
})

test('whatever else stands there is read, too', () => {
  const json =
    '[{"token":"x","logprob":"s1","bytes":["s2"],"my key":"s3","top_logprobs":[{"token":"y","extra":{"k":"s4"}},"s5"]},"s6",{"token":{"z":"s7"}},{"top_logprobs":"s8"}]'
  const values = newer(json).map(({ value }) => value)
  for (const value of ['x', 'y', 's1', 's2', 'my key', 's3', 'extra', 'k', 's4', 's5', 's6', 'z', 's7', 's8']) {
    expect(values).toContain(value)
  }
})

const OLDER =
  '{"tokens":["my ","se","cret"],"token_logprobs":[null,-0.1,-0.2],"top_logprobs":[null,{"se":-0.1,"pa":-3},{"cret":-0.2,"ss":-3}],"text_offset":[0,3,5]}'

test('the older shape, in which names are tokens', () => {
  expect(shown(older(OLDER, '0/l'))).toEqual(['/at 0/l: my secret', '/at 0/l/0: secret', '/at 0/l/1: pass'])
  expect(edited(OLDER, older(OLDER)[0], { start: 4, end: 9, with: '[gone]' })).toBe(
    '{"tokens":["my ","s[gone]",""],"token_logprobs":[null,-0.1,-0.2],"top_logprobs":[null,{},{}],"text_offset":[0,3,5]}',
  )
  expect(edited(OLDER, older(OLDER)[2], { start: 0, end: 2, with: '[gone]' })).toBe(
    '{"tokens":["my ","se","cret"],"token_logprobs":[null,-0.1,-0.2],"top_logprobs":[null,{},{"cret":-0.2,"ss":-3}],"text_offset":[0,3,5]}',
  )
})

test('whatever else stands in the older shape is read, too', () => {
  const json = '{"tokens":["x",{"a":"s1"}],"top_logprobs":{"b":"s2"},"token_logprobs":["s3"],"my key":"s4"}'
  const values = older(json).map(({ value }) => value)
  for (const value of ['x', 'a', 's1', 'b', 's2', 's3', 'my key', 's4']) expect(values).toContain(value)
  const map = '{"tokens":["x"],"top_logprobs":[{"y":"s5"},"s6"]}'
  for (const value of ['y', 's5', 's6']) expect(older(map).map((each) => each.value)).toContain(value)
})

test('anything else is not in the older shape', () => {
  expect(olderTokenTexts(read('{"content":[]}'), { place: '' })).toBeUndefined()
  expect(olderTokenTexts(read('[]'), { place: '' })).toBeUndefined()
})
