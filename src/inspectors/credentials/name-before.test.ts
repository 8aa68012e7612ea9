import { expect, test } from 'bun:test'
import { AHEAD, encode } from './codes.ts'
import { mayBeNamed, nameBefore } from './name-before.ts'

// Deterministic: the same texts each time.
function* draws(seed: number): Generator<number, never, number> {
  let state = seed
  for (let most = yield 0; ;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    most = yield (state >> 8) % most
  }
}

const PARTS = [
  'password',
  'pw',
  'PW',
  'key',
  'token',
  'api',
  'secret',
  'a',
  'the',
  'of',
  'value',
  'string',
  'name',
  'login',
  '_pw',
  '-pw',
  '.pw',
  ' ',
  '  ',
  '_',
  '-',
  '.',
  '$',
  ':',
  '=',
  '"',
  "'",
  '\n',
  ',',
  '(',
  ')',
  '!',
  '1',
  'x'.repeat(20),
  'é',
]

test('no sign is passed whose name says something, however many words a name may have', () => {
  const draw = draws(7)
  draw.next(0)
  const pick = (most: number): number => draw.next(most).value
  let said = 0
  for (let round = 0; round < 40_000; round++) {
    const text = `${'and so on '.repeat(10)}${Array.from({ length: 1 + pick(9) }, () => PARTS[pick(PARTS.length)]).join('')}=`
    const sign = text.length - 1
    for (const words of [1, 2, 3]) {
      // Wherever between them the name is taken to end.
      let end = sign
      while (end > sign - 12 && ' \t"\'`[])\\=:!.?|+'.includes(text[end - 1] ?? 'x')) end--
      for (const at of [sign, end]) {
        if (nameBefore(text, at, words) === '') continue
        said++
        const codes = encode(text, sign, text.length, AHEAD)
        expect([text, words, mayBeNamed(codes, AHEAD, words)]).toEqual([text, words, true])
      }
    }
  }
  expect(said).toBeGreaterThan(10_000)
})

test('a name that is further off than its words reach is none', () => {
  const text = `${'so on '.repeat(20)}password if that is`
  const codes = encode(text, text.length - 2, text.length, AHEAD)
  expect(mayBeNamed(codes, AHEAD, 2)).toBe(false)
  expect(mayBeNamed(codes, AHEAD, 3)).toBe(true)
})
