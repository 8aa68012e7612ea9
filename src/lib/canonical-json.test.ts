import { expect, test } from 'bun:test'
import { canonicalJson } from './canonical-json.ts'

test('members stand in the order of their UTF-16 code units', () => {
  // RFC 8785 section 3.2.3.
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
  expect(canonicalJson({ b: 1, a: { 10: 1, 9: 2, '': 3 } })).toBe('{"a":{"":3,"10":1,"9":2},"b":1}')
})

test('objects of many members are ordered the same way', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${29 - index}`, 0]))
  expect(canonicalJson(many).slice(0, 40)).toBe('{"k0":0,"k1":0,"k10":0,"k11":0,"k12":0,"')
  expect(canonicalJson(many).slice(-21)).toBe('"k7":0,"k8":0,"k9":0}')
})

test('numbers and literals are spelled as RFC 8785 spells them', () => {
  const numbers = [
    Number('333333333.33333329'),
    1e30,
    4.5,
    2e-3,
    0.000000000000000000000000001,
    -0,
    1e21,
    123456789012345680000,
  ]
  expect(canonicalJson({ numbers, literals: [null, true, false] })).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21,123456789012345680000]}',
  )
})

test('strings are escaped only where they must be, and then in one way', () => {
  expect(canonicalJson('€$\u000f\nA\'B"\\"/\u007f\u2028')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\"/\u007f\u2028"')
  expect(canonicalJson('a\\b')).toBe('"a\\\\b"')
  expect(canonicalJson('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`)
  expect(canonicalJson({ 'a"b': 1 })).toBe('{"a\\"b":1}')
})

test('members without a value are dropped, and keys that look like prototypes kept', () => {
  expect(canonicalJson({ a: undefined, b: 1, c: undefined })).toBe('{"b":1}')
  expect(canonicalJson({})).toBe('{}')
  expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}')
})

test('what has no one spelling is refused', () => {
  const itself: unknown[] = []
  itself.push(itself)
  const wrong = [
    Number.NaN,
    Infinity,
    -Infinity,
    1n,
    '\ud800',
    'a\udc00b',
    undefined,
    () => 1,
    Symbol('s'),
    new Date(0),
    new Map(),
    itself,
  ]
  for (const value of wrong) {
    expect(() => canonicalJson(value)).toThrow(TypeError)
    expect(() => canonicalJson({ a: [value] })).toThrow(TypeError)
  }
  expect(() => canonicalJson({ '\ud800': 1 })).toThrow(TypeError)
  // oxlint-disable-next-line no-sparse-arrays -- a hole is what is tested
  expect(() => canonicalJson([1, , 2])).toThrow(TypeError)
})

test('an object is ordered by its own keys, whatever came before it', () => {
  for (let round = 0; round < 2; round++) {
    for (let count = 1; count <= 40; count++) {
      const names = Array.from({ length: count % 10 }, (_, at) => `m${String((at * 7) % 19).padStart(2, '0')}`)
      const made = Object.fromEntries(['z', ...names, 'a', `k${count}`].map((key) => [key, key]))
      const printed = canonicalJson(made)
      expect(Object.keys(JSON.parse(printed))).toEqual([...new Set(['a', `k${count}`, ...names.toSorted(), 'z'])])
      expect(JSON.parse(printed)).toEqual(made)
    }
  }
  for (let first = 0; first < 100; first++) {
    expect(canonicalJson({ [`z${first}`]: 1, b: 2, a: 3 })).toBe(`{"a":3,"b":2,"z${first}":1}`)
  }
})
