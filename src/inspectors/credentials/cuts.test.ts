import { expect, test } from 'bun:test'
import { array, assert, constantFrom, nat, oneof, property, string, tuple } from 'fast-check'
import { credentialsInspector } from './credentials.ts'
import { SAMPLES } from './samples.fixture.ts'
import { cutAt, scanPieces } from './scan.fixture.ts'

const held = [{ kind: 'gate-secret', value: 'Zk7-secret/of the+gate' }]
const inspector = credentialsInspector({ secrets: () => held })
const GATE = held.map(({ value }) => value)
const TEXTS = [
  `Private-Lines: 1\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nPrivate-MAC: 00 and more`,
  ...SAMPLES.flatMap(({ text, nearMiss }) => [text, nearMiss]),
  ...GATE.flatMap((value) => [
    `x${value}y`,
    encodeURIComponent(value),
    Buffer.from(`a${value}b`).toString('base64'),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('base64').replace(/.{7}/g, '$&\r\n'),
    Buffer.from(value).toString('base64').replace(/.{9}/g, '$&\\n'),
  ]),
]

test('every cut in two gives what the whole gives', () => {
  for (const text of TEXTS) {
    const whole = scanPieces(inspector, [text])
    for (let cut = 1; cut < text.length; cut += 1) {
      const cutUp = scanPieces(inspector, cutAt(text, cut))
      if (!Bun.deepEquals(cutUp, whole)) expect({ text, cut, matches: cutUp }).toEqual({ text, cut, matches: whole })
    }
  }
})

test('one character at a time gives what the whole gives', () => {
  for (const text of TEXTS)
    expect({ text, matches: scanPieces(inspector, text.split('')) }).toEqual({
      text,
      matches: scanPieces(inspector, [text]),
    })
})

test('what is said to be clean holds nothing', () => {
  for (const text of TEXTS) {
    const found = scanPieces(inspector, [text])
    if (found.length > 0) expect({ text, clean: inspector.isClean(text) }).toEqual({ text, clean: false })
  }
})

const HIDDEN = ['\u200b', '\u2060', '\ufeff', '\u{e0041}', '\ufe0f', '\u00ad']
const fragment = oneof(
  { weight: 6, arbitrary: constantFrom(...TEXTS, ...SAMPLES.map(({ secret }) => secret)) },
  {
    weight: 3,
    arbitrary: constantFrom(
      'sk-',
      'eyJ',
      '-----BEGIN ',
      '://',
      'password=',
      'token: "',
      'Q~',
      '\n',
      ' ',
      '"',
      'MT',
      '-us',
      'curl -u',
      '@',
      'AKIA',
      'if ("',
    ),
  },
  { weight: 2, arbitrary: constantFrom(...HIDDEN, 'é', '😀', '\udb40', '\uff21') },
  { weight: 2, arbitrary: string({ maxLength: 12 }) },
)
const texts = array(fragment, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))

test('random texts cut anywhere give what the whole gives', () => {
  assert(
    property(texts, array(nat(1200), { maxLength: 12 }), (text, cuts) => {
      const whole = scanPieces(inspector, [text])
      expect(scanPieces(inspector, cutAt(text, ...cuts))).toEqual([...whole])
      expect(scanPieces(inspector, text.split(''))).toEqual([...whole])
      expect(inspector.isClean(text) && whole.length > 0).toBe(false)
    }),
    { numRuns: Number(process.env['RUNS'] ?? 250) },
  )
})

test('parts of credentials put together at random give the same however they are cut', () => {
  const part = tuple(constantFrom(...TEXTS), nat(400), nat(400)).map(([text, from, to]) =>
    text.slice(Math.min(from, to), Math.max(from, to)),
  )
  assert(
    property(array(part, { minLength: 2, maxLength: 8 }), array(nat(1200), { maxLength: 8 }), (parts, cuts) => {
      const text = parts.join('')
      expect(inspector.isClean(text) && scanPieces(inspector, [text]).length > 0).toBe(false)
      expect(scanPieces(inspector, cutAt(text, ...cuts))).toEqual([...scanPieces(inspector, [text])])
    }),
    { numRuns: Number(process.env['RUNS'] ?? 400) },
  )
})
