import { expect, test } from 'bun:test'
import { JsonError } from './json-error.ts'
import { member, numberOf, textOf, type JsonNode } from './json-node.ts'
import { readJson } from './json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const read = (text: string) => readJson(bytes(text))

function refusal(body: string | readonly number[]): JsonError {
  try {
    readJson(typeof body === 'string' ? bytes(body) : Uint8Array.from(body))
  } catch (error) {
    if (error instanceof JsonError) return error
    throw error
  }
  throw new Error(`accepted: ${String(body)}`)
}

function text(node: JsonNode | undefined): string {
  if (node?.kind !== 'string' && node?.kind !== 'number') throw new Error('neither a string nor a number')
  return textOf(node)
}

function number(digits: string): number | undefined {
  const node = read(digits)
  return node.kind === 'number' ? numberOf(node) : undefined
}

test('a value knows where it stands in the body', () => {
  const root = read(' {"a": [1, "b"], "c": null}\n')
  expect([root.start, root.end]).toEqual([1, 27])
  const list = member(root, 'a')
  expect([list?.start, list?.end]).toEqual([7, 15])
  expect(list?.kind === 'array' && list.items.map((item) => [item.kind, item.start, item.end])).toEqual([
    ['number', 8, 9],
    ['string', 11, 14],
  ])
  expect(root.kind === 'object' && root.members.map((each) => [each.key, each.keyStart, each.keyEnd])).toEqual([
    ['a', 2, 5],
    ['c', 17, 20],
  ])
})

test('offsets count bytes, not characters', () => {
  const root = read('{"ä€😀":"x"}')
  const value = member(root, 'ä€😀')
  expect([value?.start, value?.end]).toEqual([13, 16])
})

test('a body that is part of a larger buffer is read from its own start', () => {
  const larger = bytes('xxx{"a":"b"}yyy')
  const root = readJson(larger.subarray(3, 12))
  expect([root.start, root.end]).toEqual([0, 9])
  expect(text(member(root, 'a'))).toBe('b')
})

test('strings come out unescaped, with every character they had', () => {
  expect(text(read('"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00ä"'))).toBe('a"\\/\b\f\n\r\té😀ä')
  expect(text(read('"\\u0000"'))).toBe('\0')
  expect(text(read('"\ufeffmark"'))).toBe('\ufeffmark')
  expect(text(read('"\u2028\u2029\u007f\uffff"'))).toBe('\u2028\u2029\u007f\uffff')
  expect(text(read('""'))).toBe('')
})

test('white space of JSON may stand anywhere between tokens', () => {
  expect(text(member(read('\t\r\n {\n"a"\r:\t"b" } \n'), 'a'))).toBe('b')
})

test('numbers keep their digits', () => {
  for (const digits of ['0', '-0', '12345678901234567890123', '1.50', '1E+2', '-0.0e-0', '0e999', '4.9e-324']) {
    expect(text(read(digits))).toBe(digits)
  }
})

test('a number is given as a double only where no whole number was rounded', () => {
  expect(number('0.7')).toBe(0.7)
  expect(number('1e3')).toBe(1000)
  expect(number('9007199254740991')).toBe(9007199254740991)
  expect(number('9007199254740993')).toBeUndefined()
  expect(number('-9007199254740993.0')).toBeUndefined()
  expect(Object.is(number('-0'), 0)).toBe(true)
})

test('a __proto__ key is a key like any other', () => {
  const root = read('{"__proto__":{"admin":true},"constructor":1}')
  expect(member(root, 'admin')).toBeUndefined()
  expect(member(member(root, '__proto__'), 'admin')).toMatchObject({ kind: 'boolean', value: true })
  expect(member(root, 'toString')).toBeUndefined()
  expect(({} as { admin?: boolean }).admin).toBeUndefined()
})

test('a key that stands twice is refused, however it is spelled', () => {
  expect(refusal('{"model":"a","model":"b"}')).toMatchObject({ reason: 'duplicate-key', offset: 13, path: '' })
  expect(refusal('{"model":"a","\\u006dodel":"b"}')).toMatchObject({ reason: 'duplicate-key', offset: 13 })
  expect(refusal('[0,{"x":[{"":1,"b":2,"":3}]}]')).toMatchObject({
    reason: 'duplicate-key',
    offset: 21,
    path: '[1].x[0]',
  })
  expect(refusal('{"__proto__":1,"__proto__":2}').reason).toBe('duplicate-key')
})

test('a key that stands twice is found among many', () => {
  const keys = Array.from({ length: 5000 }, (_, index) => `"k${index}":0`)
  const whole = read(`{${keys.join(',')}}`)
  expect(whole.kind === 'object' && whole.members.length).toBe(5000)
  expect(refusal(`{"!":0,"!":0,${keys.join(',')}}`)).toMatchObject({ reason: 'duplicate-key', offset: 7 })
  expect(refusal(`{"k4000":0,${keys.join(',')}}`)).toMatchObject({ reason: 'duplicate-key', offset: 38901 })
})

test('the same key in two objects is no duplicate, and case makes two keys', () => {
  const root = read('[{"a":1},{"a":2},{"a":1,"A":2}]')
  expect(root.kind === 'array' && root.items.length).toBe(3)
})

test('bytes that are not UTF-8 are refused where they stand', () => {
  const quoted = (...middle: number[]) => [0x22, 0x61, ...middle, 0x22]
  const broken = [
    quoted(0x80),
    quoted(0xc0, 0xaf), // overlong
    quoted(0xc1, 0xbf),
    quoted(0xe0, 0x9f, 0xbf),
    quoted(0xf0, 0x8f, 0xbf, 0xbf),
    quoted(0xed, 0xa0, 0x80), // a surrogate
    quoted(0xed, 0xbf, 0xbf),
    quoted(0xf4, 0x90, 0x80, 0x80), // beyond U+10FFFF
    quoted(0xf5, 0x80, 0x80, 0x80),
    quoted(0xff),
    quoted(0xe2, 0x82), // cut
    quoted(0xf0, 0x9f, 0x98),
  ]
  for (const body of broken) expect(refusal(body)).toMatchObject({ reason: 'invalid-utf8', offset: 2 })
})

test('a byte order mark is refused', () => {
  expect(refusal('\ufeff{}')).toMatchObject({ reason: 'byte-order-mark', offset: 0 })
  expect(refusal([0xff, 0xfe, 0x7b, 0, 0x7d, 0]).reason).toBe('invalid-utf8')
})

test('half a surrogate pair is refused in an escape', () => {
  for (const half of [
    '\\ud800',
    '\\udc00',
    '\\ud800\\ud800',
    '\\ud83dx',
    '\\ud83d\\n',
    '\\ude00\\ud83d',
    '\\udc00\\udc00',
    '\\uD83D\\u0041',
  ]) {
    expect(refusal(`["${half}"]`)).toMatchObject({ reason: 'lone-surrogate', offset: 2, path: '[0]' })
  }
})

test('escapes that JSON does not have are refused', () => {
  for (const escape of ['\\x41', '\\a', '\\u12', '\\u12g4', '\\U0041', '\\v', "\\'", '\\0', '\\u{41}', '\\\n']) {
    expect(refusal(`"${escape}"`)).toMatchObject({ reason: 'bad-escape', offset: 1 })
  }
})

test('control characters in strings are refused', () => {
  for (let code = 0; code < 0x20; code++) {
    expect(refusal(`"a${String.fromCharCode(code)}"`)).toMatchObject({ reason: 'control-character', offset: 2 })
  }
})

test('numbers outside the grammar are refused', () => {
  for (const digits of ['-', '1.', '1.e1', '1e', '1e+', '-a', '- 1', '-.5', '-Infinity']) {
    expect(refusal(digits).reason).toBe('bad-number')
  }
  for (const digits of ['01', '-01', '1_000', '0x10', '1.2.3', '1e5.5', '00', '1n']) {
    expect(refusal(digits).reason).toBe('trailing-bytes')
  }
  for (const digits of ['+1', '.5', 'NaN', 'Infinity', '١']) expect(refusal(digits).reason).toBe('unexpected-byte')
})

test('numbers that one parser holds and another makes infinite, or zero, are refused', () => {
  for (const digits of [
    '1e999',
    '-1e309',
    `1${'0'.repeat(400)}`,
    '1e-400',
    `0.${'0'.repeat(400)}1`,
    '1e99999999999999999999',
  ]) {
    expect(refusal(`[${digits}]`)).toMatchObject({ reason: 'number-range', offset: 1, path: '[0]' })
  }
})

test('what follows the document is refused', () => {
  expect(refusal('{} {}')).toMatchObject({ reason: 'trailing-bytes', offset: 3 })
  expect(refusal('null\0').reason).toBe('trailing-bytes')
  expect(refusal('[]]').reason).toBe('trailing-bytes')
})

test('white space that is not of JSON is refused', () => {
  for (const space of ['\u00a0', '\u2028', '\f', '\v', '\0', '\u3000']) {
    expect(refusal(`${space}{}`)).toMatchObject({ reason: 'unexpected-byte', offset: 0 })
    expect(refusal(`[1,${space}2]`)).toMatchObject({ reason: 'unexpected-byte', offset: 3 })
  }
})

test('a body that ends too early is refused', () => {
  for (const body of ['', ' \n', '{', '[', '[1', '[1,', '{"a"', '{"a":', '{"a":1', '"', '"a', '"\\"']) {
    expect(refusal(body).reason).toBe('unexpected-end')
  }
})

test('extensions of JSON are refused', () => {
  for (const body of [
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '//x\n1',
    '/*x*/1',
    '[1 2]',
    '{"a" 1}',
    '[,]',
    '{,}',
    'True',
    'nul',
    'undefined',
  ]) {
    expect(refusal(body).reason).toBe('unexpected-byte')
  }
})

test('nesting is limited, to 128 unless told otherwise', () => {
  expect(read('['.repeat(128) + ']'.repeat(128)).kind).toBe('array')
  expect(refusal('['.repeat(129) + ']'.repeat(129))).toMatchObject({ reason: 'too-deep', offset: 128 })
  expect(refusal('{"a":'.repeat(5_000_000)).reason).toBe('too-deep')
  expect(() => readJson(bytes('[[]]'), { maxDepth: 1 })).toThrow('more than 1 levels')
  expect(readJson(bytes('['.repeat(512) + ']'.repeat(512)), { maxDepth: 512 }).kind).toBe('array')
})

test('the number of values is limited, to a million unless told otherwise', () => {
  const zeros = `[${'0,'.repeat(999_998)}0]`
  expect(read(zeros).kind).toBe('array')
  expect(refusal(`[0,${zeros.slice(1)}`)).toMatchObject({ reason: 'too-many-values', offset: 1_999_999 })
  expect(readJson(bytes('[1,{"a":2}]'), { maxValues: 4 }).kind).toBe('array')
  expect(() => readJson(bytes('[1,{"a":2}]'), { maxValues: 3 })).toThrow('too many values in [1].a')
})

test('a limit that could overflow the stack, or is no number, is refused at once', () => {
  expect(() => readJson(bytes('1'), { maxDepth: 513 })).toThrow(RangeError)
  expect(() => readJson(bytes('1'), { maxDepth: Number.NaN })).toThrow(RangeError)
})

test('an error says what is wrong, in which value, and at which line, column and byte', () => {
  expect(refusal('{\n "messages": [\n  {}, {"ä": 01}]}').message).toBe(
    'expected a comma or the end of the object in messages[1]["ä"], at line 3, column 14 (byte 31)',
  )
  expect(refusal('{"a":1,"a":2}').message).toBe('the key "a" stands twice, at line 1, column 8 (byte 7)')
})

test('an error shows no value and no overlong key', () => {
  expect(refusal('{"password":"hunter2" "x"}').message).not.toContain('hunter2')
  expect(refusal(`{"${'k'.repeat(100_000)}":tru}`).message.length).toBeLessThan(200)
})
