import { expect, test } from 'bun:test'
import { isInRange, isWithinAny, readAddress, readNetwork } from './network.ts'

const inside = (address: string, network: string): boolean | undefined => {
  const [inner, outer] = [readAddress(address), readNetwork(network)]
  return inner && outer && isInRange(inner, outer)
}

test('an address lies in a network by its leading bits', () => {
  expect(inside('10.1.2.3', '10.0.0.0/8')).toBe(true)
  expect(inside('11.1.2.3', '10.0.0.0/8')).toBe(false)
  expect(inside('192.168.1.130', '192.168.1.128/25')).toBe(true)
  expect(inside('192.168.1.127', '192.168.1.128/25')).toBe(false)
  expect(inside('203.0.113.9', '0.0.0.0/0')).toBe(true)
  expect(inside('fd12::1', 'fc00::/7')).toBe(true)
  expect(inside('fe80::1', 'fc00::/7')).toBe(false)
  expect(inside('10.0.0.1', '::/0')).toBe(false)
})

test('an IPv4 address in the clothes of IPv6 is where it leads', () => {
  expect(inside('::ffff:169.254.169.254', '169.254.0.0/16')).toBe(true)
  expect(inside('::ffff:a9fe:a9fe', '169.254.0.0/16')).toBe(true)
  expect(inside('0:0:0:0:0:ffff:a9fe:a9fe', '169.254.0.0/16')).toBe(true)
  expect(inside('::FFFF:127.0.0.1', '127.0.0.0/8')).toBe(true)
})

test('what readers disagree about is no address', () => {
  for (const text of [
    '010.0.0.1',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.1/8',
    '0x7f.0.0.1',
    '2130706433',
    '::1%eth0',
    '1::2::3',
    '',
  ]) {
    expect(readAddress(text), text).toBeUndefined()
  }
})

test('an address is within any of several networks, and nowhere where it cannot be read', () => {
  const networks = ['192.0.2.0/24', 'no network', 'fd00::/8']
  expect(['192.0.2.7', '::ffff:192.0.2.7', 'fd12::1'].map((source) => isWithinAny(source, networks))).toEqual([
    true,
    true,
    true,
  ])
  expect(['192.0.3.7', 'fe80::1', '', '192.0.2.0/24'].map((source) => isWithinAny(source, networks))).toEqual([
    false,
    false,
    false,
    false,
  ])
  expect(isWithinAny('192.0.2.7', [])).toBe(false)
})
