import { expect, test } from 'bun:test'
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check'
import { credentialsInspector, scanText } from './credentials.ts'
import { cutAt, scanPieces } from './scan.fixture.ts'

const ID = ['AKIA', '9QX4T7WM2KD5R8BN'].join('')
const REST = ID.slice(1)
const GATE = 'Zk7-secret/of the+gate'
const inspector = credentialsInspector({ secrets: () => HELD })
const HELD = [{ kind: 'gate-secret', value: GATE }]
/** What stands where the match does, one after the other. */
const found = (text: string): readonly string[] =>
  scanPieces(inspector, [text]).map(({ start, end, kind }) => `${kind}: ${text.slice(start, end)}`)

test.each([
  ['a letter', `\\u0041${REST}`],
  ['a letter in JSON in JSON', `\\\\u0041${REST}`],
  ['a letter, four times nested', `${'\\'.repeat(8)}u0041${REST}`],
  ['a letter behind an escaped backslash', `\\u005cu0041${REST}`],
  ['a letter of C and JavaScript', `\\x41${REST}`],
  ['the last letter', `${ID.slice(0, -1)}\\u004e`],
  ['a digit in the middle', ID.replace('9', '\\u0039')],
  ['every letter', ID.replace(/./g, (letter) => `\\u00${letter.charCodeAt(0).toString(16).toUpperCase()}`)],
  ['an unseen character', `${ID.slice(0, 9)}\\u200b${ID.slice(9)}`],
  ['an unseen character of two units', `${ID.slice(0, 9)}\\udb40\\udc41${ID.slice(9)}`],
  ['a control character', `${ID.slice(0, 9)}\\u0000\\x08${ID.slice(9)}`],
  ['a full-width letter', `\\uff21${REST}`],
])('an id with %s escaped is found, and covered whole', (_, written) => {
  expect(found(`{"x":1e999,"k":"${written}"}`)).toEqual([`aws-access-key: ${written}`])
})

test('a held secret is found however much of it is escaped', () => {
  for (const written of [
    '\\u005ak7-secret/of the+gate',
    'Zk7-secret\\/of the+gate',
    'Zk7-secret\\u002fof\\u0020the\\u002bgate',
  ])
    expect(found(`{"k":"${written}"}`)).toEqual([`gate-secret: ${written}`])
})

test('a held secret that reads like escapes itself is found', () => {
  for (const value of ['ab\\u0041cd-9z\\', 'ab\\/cd-77-z\\u00', 'ab\u0001cd-5-kq']) {
    const own = credentialsInspector({ secrets: () => [{ kind: 'gate-secret', value }] })
    expect(scanPieces(own, [`x ${value} y ${value}/u0041`]).length).toBe(2)
  }
})

test('a value beside its name is read through its escapes, and an escaped quote ends none', () => {
  expect(found('{\\u0022password\\u0022:\\u0022tr0ub4dor&3\\u0022}')).toEqual(['password: tr0ub4dor&3'])
  expect(found('{"pass\\u0077ord":"tr0ub\\u0034dor&3"}')).toEqual(['password: tr0ub\\u0034dor&3'])
  expect(found('{"password":"t\\u00220ub4dor&3"}')).toEqual(['password: t\\u00220ub4dor&3'])
  expect(found('{"database":"postgres:\\/\\/ada:tr0ub4dor@db.internal\\/x"}')).toEqual(['connection-string: tr0ub4dor'])
})

test('a key between escaped line ends is covered', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7'
  for (const end of ['\\n', '\\\\n', '\\u000a', '\\r\\n', '\\x0a']) {
    const key = `-----BEGIN PRIVATE KEY-----${end}${body}${end}-----END PRIVATE KEY-----`
    expect(found(`{"key":"${key}"}`)).toEqual([`private-key: ${key}`])
  }
})

const HUGGING = ['hf_', 'aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH'].join('')
test.each([
  '\\b',
  '\\f',
  '\\n',
  '\\r',
  '\\t',
  '\\\\n',
  '\\u003c',
  '\\u000a',
  '\\u00e9',
  '\\u4e2d',
  '\\x20',
  '\\xe9',
  '\\u0041',
  'x\u200b',
  'x\u0000',
  'x\u001b',
])('%j before a token, or behind it, is no part of it', (escape) => {
  expect(scanText(`{"note":"${escape}${ID}"}`)).toHaveLength(1)
  const behind = escape.replace(/^x/, '')
  expect(scanText(`{"note":"${ID}${behind}"}`)).toHaveLength(1)
  expect(scanText(`{"note":"${ID}${behind}z"}`)).toHaveLength(1)
  expect(scanText(`{"note":"${escape}${HUGGING}"}`)).toHaveLength(1)
  expect(scanText(`{"note":"${escape}Bearer a8Kx2mQ9vLt4Zr7Wp3Ys"}`)).toHaveLength(1)
})

test('every character is unseen that Unicode says nobody sees', () => {
  const left: string[] = []
  for (let code = 0; code < 0x110000; code += 1) {
    if (code >= 0xd800 && code < 0xe000) continue
    const letter = String.fromCodePoint(code)
    if (!/[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(letter) || '\t\n\r'.includes(letter)) continue
    if (scanText(ID.slice(0, 9) + letter + ID.slice(9)).length !== 1) left.push(code.toString(16))
  }
  expect(left).toEqual([])
})

test('controls are unseen wherever the text is cut', () => {
  const text = `a\u0000b \u001b[1m ${ID.slice(0, 9)}\u0007\u0000${ID.slice(9)}\u001b[0m\u0000x\u0000${ID}`
  const whole = [
    { start: 9, end: 31, kind: 'aws-access-key' },
    { start: 38, end: 58, kind: 'aws-access-key' },
  ]
  expect(scanPieces(inspector, [text])).toEqual(whole)
  expect(scanPieces(inspector, text.split(''))).toEqual(whole)
})

test('a quoted text with spaces is not held, for no credential has one', () => {
  const lane = inspector.open()
  expect(lane.push('The password is "a long sentence of many words that goes on').settled).toBeGreaterThan(50)
  expect(found('"apikey": "token a8Kx2mQ9vLt4Zr7Wp3Ys"')).toEqual(['generic-secret: a8Kx2mQ9vLt4Zr7Wp3Ys'])
})

test('what only looks like an escape is left as it is', () => {
  for (const text of [`\\u00g1${REST}`, `\\u41${REST}`, `u0041${REST}`, `\\U0041${REST}`])
    expect(found(text)).toEqual([])
  expect(found(`C:\\users\\x86 \\\\host\\u ${ID}`)).toEqual([`aws-access-key: ${ID}`])
})

test('a backslash is held no longer than an escape may be', () => {
  const lane = inspector.open()
  expect(lane.push('see C:\\').settled).toBe(6)
  expect(lane.push('dir').settled).toBe(10)
  expect(lane.push('\\u00').settled).toBe(10)
  expect(lane.push('3c!').settled).toBe(17)
  expect(lane.push('\\'.repeat(5000)).settled).toBeGreaterThan(4800)
})

const PARTS = [
  [ID, `\\u0041${REST}`, `${ID}\\u0041`, REST, 'AK', 'IA', '\\', '\\\\', 'u0041', '\\u00', '41', '\\x4', '\\/'],
  ['\\u005c', 'u', 'x41', '\\ud', 'b40', '\\udb40', '\\udc41', '\udb40', '\udc41', '\u0000', '\u007f', '\\n'],
  ['password="', 'a1b2&*!z', '"', '\\u0022', 'Zk7-sec', 'ret\\/of the+gate', '\\u005ak7-secret/of', ' the+gate'],
  ['abc8Q~', 'MT', '0a1b2c3d'.repeat(4), '-us1', ' ', '\\b', 'é', '-----BEGIN PRIVATE KEY-----\\n', 'MIIEvQIBADANBgkq'],
].flat()

test('what parts a word is seen also inside of what has come so far', () => {
  const key = `${'0a1b2c3d'.repeat(4)}-us1`
  for (const before of ['gate\u200b', '\\b', '\\f', '\\u0061']) {
    const whole = [{ start: before.length, end: before.length + 36, kind: 'mailchimp-key' }]
    expect(scanPieces(inspector, [before + key])).toEqual(whole)
    expect(scanPieces(inspector, (before + key).split(''))).toEqual(whole)
  }
})

test('with escapes every cut gives the same', () => {
  const part = tuple(constantFrom(...PARTS), constantFrom(1, 1, 1, 1, 2, 7, 70, 700))
  assert(
    property(array(part, { minLength: 1, maxLength: 9 }), array(nat(3000), { maxLength: 10 }), (parts, cuts) => {
      const text = parts.map(([unit, count]) => unit.repeat(count)).join('')
      const whole = [...scanPieces(inspector, [text])]
      expect(scanPieces(inspector, cutAt(text, ...cuts))).toEqual(whole)
      if (text.length < 300) expect(scanPieces(inspector, text.split(''))).toEqual(whole)
    }),
    { numRuns: Number(process.env['RUNS'] ?? 300) },
  )
})
