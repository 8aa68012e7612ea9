// The oracle is IANA's special-purpose registries for IPv4 and IPv6, every row of both; then what stands in no registry.
import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { readAddress } from '#lib/network.ts'
import { type Reach, rulingOf } from './egress.ts'

function reachOf(address: string): Reach {
  const read = readAddress(address)
  if (!read) throw new Error(`no address: ${address}`)
  return rulingOf(read).reach
}

type Row = readonly [block: string, reach: Reach, first: string, last: string]

const IPV4_REGISTRY: readonly Row[] = [
  ['0.0.0.0/8', 'never', '0.0.0.1', '0.255.255.255'],
  ['0.0.0.0/32', 'never', '0.0.0.0', '0.0.0.0'],
  ['10.0.0.0/8', 'private', '10.0.0.0', '10.255.255.255'],
  ['100.64.0.0/10', 'private', '100.64.0.0', '100.127.255.255'],
  ['127.0.0.0/8', 'private', '127.0.0.0', '127.255.255.255'],
  ['169.254.0.0/16', 'never', '169.254.0.0', '169.254.255.255'],
  ['172.16.0.0/12', 'private', '172.16.0.0', '172.31.255.255'],
  ['192.0.0.0/24', 'never', '192.0.0.0', '192.0.0.255'],
  ['192.0.0.0/29', 'never', '192.0.0.0', '192.0.0.7'],
  ['192.0.0.8/32', 'never', '192.0.0.8', '192.0.0.8'],
  ['192.0.0.9/32', 'never', '192.0.0.9', '192.0.0.9'],
  ['192.0.0.10/32', 'never', '192.0.0.10', '192.0.0.10'],
  ['192.0.0.170/32', 'never', '192.0.0.170', '192.0.0.170'],
  ['192.0.0.171/32', 'never', '192.0.0.171', '192.0.0.171'],
  ['192.0.2.0/24', 'never', '192.0.2.0', '192.0.2.255'],
  ['192.31.196.0/24', 'never', '192.31.196.0', '192.31.196.255'],
  ['192.52.193.0/24', 'never', '192.52.193.0', '192.52.193.255'],
  ['192.88.99.0/24', 'never', '192.88.99.0', '192.88.99.255'],
  ['192.88.99.2/32', 'never', '192.88.99.2', '192.88.99.2'],
  ['192.168.0.0/16', 'private', '192.168.0.0', '192.168.255.255'],
  ['192.175.48.0/24', 'never', '192.175.48.0', '192.175.48.255'],
  ['198.18.0.0/15', 'never', '198.18.0.0', '198.19.255.255'],
  ['198.51.100.0/24', 'never', '198.51.100.0', '198.51.100.255'],
  ['203.0.113.0/24', 'never', '203.0.113.0', '203.0.113.255'],
  ['240.0.0.0/4', 'never', '240.0.0.0', '255.255.255.254'],
  ['255.255.255.255/32', 'never', '255.255.255.255', '255.255.255.255'],
]

const ALL = 'ffff:ffff:ffff:ffff'
const IPV6_REGISTRY: readonly Row[] = [
  ['::1/128', 'private', '::1', '::1'],
  ['::/128', 'never', '::', '::'],
  // Mapped addresses are judged as the IPv4 address that they are: here 0.0.0.0 and 255.255.255.255.
  ['::ffff:0:0/96', 'never', '::ffff:0:0', '::ffff:ffff:ffff'],
  // Translated ones as where they lead, likewise.
  ['64:ff9b::/96', 'never', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['64:ff9b:1::/48', 'never', '64:ff9b:1::', `64:ff9b:1:ffff:${ALL}`],
  ['100::/64', 'never', '100::', `100:0:0:0:${ALL}`],
  ['100:0:0:1::/64', 'never', '100:0:0:1::', `100:0:0:1:${ALL}`],
  ['2001::/23', 'never', '2001::', `2001:1ff:ffff:ffff:${ALL}`],
  ['2001::/32', 'never', '2001:0:1::', `2001:0:ffff:ffff:${ALL}`],
  ['2001:1::1/128', 'never', '2001:1::1', '2001:1::1'],
  ['2001:1::2/128', 'never', '2001:1::2', '2001:1::2'],
  ['2001:1::3/128', 'never', '2001:1::3', '2001:1::3'],
  ['2001:2::/48', 'never', '2001:2::', `2001:2:0:ffff:${ALL}`],
  ['2001:3::/32', 'never', '2001:3::', `2001:3:ffff:ffff:${ALL}`],
  ['2001:4:112::/48', 'never', '2001:4:112::', `2001:4:112:ffff:${ALL}`],
  ['2001:10::/28', 'never', '2001:10::', `2001:1f:ffff:ffff:${ALL}`],
  ['2001:20::/28', 'never', '2001:20::', `2001:2f:ffff:ffff:${ALL}`],
  ['2001:30::/28', 'never', '2001:30::', `2001:3f:ffff:ffff:${ALL}`],
  ['2001:db8::/32', 'never', '2001:db8::', `2001:db8:ffff:ffff:${ALL}`],
  ['2002::/16', 'never', '2002::', `2002:ffff:ffff:ffff:${ALL}`],
  ['2620:4f:8000::/48', 'never', '2620:4f:8000::', `2620:4f:8000:ffff:${ALL}`],
  ['3fff::/20', 'never', '3fff::', `3fff:fff:ffff:ffff:${ALL}`],
  ['5f00::/16', 'never', '5f00::', `5f00:ffff:ffff:ffff:${ALL}`],
  ['fc00::/7', 'private', 'fc00::', `fdff:ffff:ffff:ffff:${ALL}`],
  ['fe80::/10', 'never', 'fe80::', `febf:ffff:ffff:ffff:${ALL}`],
]

test.each([...IPV4_REGISTRY, ...IPV6_REGISTRY])('%s is dialled: %s', (_block, reach, first, last) => {
  expect([reachOf(first), reachOf(last)]).toEqual([reach, reach])
})

test('the neighbours of what is set aside are open', () => {
  for (const address of [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '104.18.6.192',
    '2001:200::',
    '2001:4860:4860::8888',
    '2606:4700::6812:7c0',
    '2a00:1450::1',
    '3ffe::1',
  ]) {
    expect([address, reachOf(address)]).toEqual([address, 'open'])
  }
})

test("multicast, reserved space and clouds' metadata services are never dialled, though no registry lists them", () => {
  for (const address of [
    '224.0.0.1',
    '239.255.255.255',
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:42::42',
    'fd00:c1::a9fe:a9fe',
    'fe80::a9fe:a9fe',
    'fec0::1',
    'ff02::1',
    '4000::1',
    '::7f00:1',
    '1::1',
  ]) {
    expect([address, reachOf(address)]).toEqual([address, 'never'])
  }
})

test('an IPv4 address in the clothes of IPv6 is judged as where it leads', () => {
  const cases: readonly (readonly [string, Reach])[] = [
    ['::ffff:169.254.169.254', 'never'],
    ['::ffff:a9fe:a9fe', 'never'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:127.0.0.1', 'private'],
    ['::ffff:104.18.6.192', 'open'],
    ['64:ff9b::a9fe:a9fe', 'never'],
    ['64:ff9b::a00:1', 'private'],
    ['64:ff9b::7f00:1', 'private'],
    ['64:ff9b::6464:64c8', 'never'],
    ['64:ff9b::6812:6c0', 'open'],
    // Where the address stands in these, or who would carry it there, nobody can say.
    ['64:ff9b:1::6812:6c0', 'never'],
    ['2002:a9fe:a9fe::', 'never'],
    ['2002:7f00:1::', 'never'],
    ['2002:6812:6c0::1', 'never'],
    ['2001:0:6812:6c0:0:0:5601:5601', 'never'],
  ]
  for (const [address, reach] of cases) expect([address, reachOf(address)]).toEqual([address, reach])
})

test('outside 2000::/3 nothing of IPv6 is open, and what is private is loopback or fc00::/7', () => {
  const word = fc.integer({ min: 0, max: 0xffff })
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
      const [first = 0, second = 0] = words
      if (first === 0x64 && second === 0xff9b) return
      const reach = reachOf(words.map((each) => each.toString(16)).join(':'))
      if (first >> 13 !== 1) expect(reach).not.toBe('open')
      if (reach === 'private') expect(first >> 9).toBe(0x7e)
    }),
  )
})
