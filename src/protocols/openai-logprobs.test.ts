import { describe, expect, test } from 'bun:test'
import type { Redaction, Text } from '#access/text.ts'
import { readJson } from '#lib/json.ts'
import { splice } from '#lib/splice.ts'
import { jsonAnswer } from './json-body.ts'
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
  expect(shown(newer(NEWER, '0/l'))).toEqual([
    '/at 0/l: my secret!',
    '/at 0/l/0: my secret!',
    '/at 0/l/1: a pass',
    '/at 0/l/bytes: my sec',
  ])
  expect(shown(newer(NEWER))).toEqual(['/at -: my secret!', '/at -: my secret!', '/at -: a pass', '/at -: my sec'])
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

describe('bytes', () => {
  const item = (token: string, bytes: unknown, top: readonly object[] = []) => ({ token, bytes, top_logprobs: top })
  const json = (...items: readonly object[]) => JSON.stringify(items)

  test('that spell what their tokens do are not read again', () => {
    expect(shown(newer(json(item('my', [109, 121]), item(' é', [32, 0xc3, 0xa9]))))).toEqual(['/at -: my é'])
  })

  test('that spell something else are a text, over all tokens, and one for each rank', () => {
    const tokens = json(
      item(
        'x',
        [107],
        [
          { token: 'a', bytes: [97] },
          { token: 'b', bytes: [112] },
        ],
      ),
      item(
        'y',
        [101, 121],
        [
          { token: 'c', bytes: [99] },
          { token: 'd', bytes: [119] },
        ],
      ),
    )
    expect(shown(newer(tokens))).toEqual(['/at -: xy', '/at -: ac', '/at -: bd', '/at -: key', '/at -: pw'])
    expect(shown(newer(tokens, 'l'))).toEqual([
      '/at l: xy',
      '/at l/0: ac',
      '/at l/1: bd',
      '/at l/bytes: key',
      '/at l/0/bytes: ac',
      '/at l/1/bytes: pw',
    ])
  })

  test('can begin a character in one token and end it in the next', () => {
    expect(shown(newer(json(item('?', [0xc3]), item('?', [0xa9])))).at(-1)).toBe('/at -: é')
  })

  test('are emptied where something is found in them; of a rank, with all that could have been', () => {
    const tokens = json(item('x', [107, 101]), item('y', [121]), item('z', [33], [{ token: 'a', bytes: [98] }]))
    const [, , bytes, rank] = newer(tokens)
    expect(bytes?.value).toBe('key!')
    expect(edited(tokens, bytes, { start: 0, end: 3, with: '[gone]' })).toBe(
      json(item('x', []), item('y', []), item('z', [33], [{ token: 'a', bytes: [98] }])),
    )
    expect(rank?.value).toBe('b')
    expect(edited(tokens, rank, { start: 0, end: 1, with: '[gone]' })).toBe(
      json(item('x', [107, 101]), item('y', [121]), item('z', [33])),
    )
  })

  test('of a large answer are read, too, and leave as they came', () => {
    const filler = item('-'.repeat(70_000), null)
    const body = json(filler, item('x', [0xc3, 0xa9, 34, 92, 10]), item('y', [300, 0, 127]), item('z', [107]))
    const root = jsonAnswer(new TextEncoder().encode(body))
    const texts = root.kind === 'array' ? [...tokenTexts(root, { place: '/at' })] : []
    expect(texts.map(({ value }) => value.slice(-20))).toEqual([`${'-'.repeat(17)}xyz`, 'é"\\\n, k'])
    expect(edited(body, texts[1], { start: 0, end: 1, with: '' })).toBe(body.replace('[195,169,34,92,10]', '[]'))
  })
})
