import { expect, test } from 'bun:test'
import { mayHoldNumberLists, withoutNumberLists } from './json-number-lists.ts'

const emptied = (json: string): string => new TextDecoder().decode(withoutNumberLists(new TextEncoder().encode(json)))

test.each([
  ['[1,2]', '[   ]'],
  ['[ -0.5e-2 ,\n1E+9,0, 10 ]', '[                      ]'],
  ['[[1],[2,3]]', '[[ ],[   ]]'],
  ['{"a":[1],"b":[]}', '{"a":[ ],"b":[]}'],
  ['{"a":"[1,2]","b":"\\"[1]","c":"\\\\","d":[1]}', '{"a":"[1,2]","b":"\\"[1]","c":"\\\\","d":[ ]}'],
])('%s becomes %s', (json, expected) => {
  expect(emptied(json)).toBe(expected)
})

test.each([
  '[01]',
  '[1.]',
  '[.5]',
  '[+1]',
  '[-]',
  '[1e]',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[1,"a"]',
  '[1,null]',
  '[1',
  '[1,[',
  '[1e999]',
  '[1e-400]',
  `[${'1'.repeat(400)}]`,
  '[NaN]',
  '"[1',
  '"\\',
  '',
])('%s stays: the strict reader judges it', (json) => {
  expect(emptied(json)).toBe(json)
})

// A tilde for each character that only fills what the list was longer.
test.each([
  ['{"bytes":[72,105]}', '{"bytes":"Hi~~~~"}'],
  ['{"bytes" :\n[ 9 ]}', '{"bytes" :\n" ~~"}'],
  ['{"bytes":[0]}', '{"bytes":" "}'],
  ['{"bytes":[34,92,10,13]}', '{"bytes":"\\"\\\\\\n\\r~~~"}'],
  ['{"bytes":[255,128]}', '{"bytes":"ÿ\u0080~~~"}'],
  ['{"bytes":[321,65.9]}', '{"bytes":"AA~~~~~~"}'],
  ['{"b\\u0079tes":[72,105]}', '{"b\\u0079tes":"Hi~~~~"}'],
  ['{"bytes":[[72,105]],"a":"bytes","b":[1]}', '{"bytes":[[      ]],"a":"bytes","b":[ ]}'],
  ['["bytes",[72]]', '["bytes",[  ]]'],
  ['{"bytes":["a",1]}', '{"bytes":["a",1]}'],
])('%s spells a text: %s', (json, expected) => {
  expect(emptied(json).replaceAll('\x7f', '~')).toBe(expected)
  expect(withoutNumberLists(new TextEncoder().encode(json))).toHaveLength(new TextEncoder().encode(json).length)
})

test('what was given is not changed, whatever kind of array it is', () => {
  const bytes = Buffer.from('[1,2]')
  withoutNumberLists(bytes)
  expect(bytes.toString()).toBe('[1,2]')
})

test('lists that never come to an end take no longer than their length', () => {
  const began = performance.now()
  emptied('[1,'.repeat(1_000_000))
  emptied(`[${'1,'.repeat(1_500_000)}"`)
  emptied('"'.repeat(3_000_001))
  emptied(`"${'\\'.repeat(3_000_000)}`)
  emptied(`"${'\\"'.repeat(1_500_000)}`)
  expect(performance.now() - began).toBeLessThan(3_000)
})

test.each([
  ['{"a":"no list","b":[],"c":["1"],"d":[{}],"e":[true]}', false],
  ['{"a":[ \n\t\r-1]}', true],
  ['{"a":["b",[0]]}', true],
  ['{"a":"[1]"}', true],
  ['{"a":[-]}', false],
  ['[]', false],
  [`[${'[],'.repeat(62)}[]]`, false],
  [`[${'[],'.repeat(63)}[]]`, true],
  [`{"a":[1],"b":[${'[],'.repeat(63)}[]]}`, true],
])('whether a list of numbers may be in %s', (json, expected) => {
  expect(mayHoldNumberLists(new TextEncoder().encode(json))).toBe(expected)
})
