import { expect, test } from 'bun:test'
import { readAddress } from '#lib/network.ts'
import { printAddress, readNode } from './source-address.ts'

// RFC 5952 §4.
test.each([
  ['0.0.0.0', '0.0.0.0'],
  ['255.254.253.1', '255.254.253.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:0DB8::0001', '2001:db8::1'],
  ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
  ['::ffff:c000:207', '192.0.2.7'],
])('%s is printed as %s', (written, printed) => {
  const address = readAddress(written)
  expect(address && printAddress(address)).toBe(printed)
})

test('an IPv6 address without brackets is one only where that is meant', () => {
  expect(readNode('2001:db8::1', { bare: false })).toBeUndefined()
  expect(readNode('2001:db8::1', { bare: true })).toEqual(readNode('[2001:db8::1]', { bare: false }))
})
