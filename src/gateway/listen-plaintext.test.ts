import { expect, test } from 'bun:test'
import { isLoopbackHost, ownHost, plaintextFault, wireChangeFault } from './listen-plaintext.ts'

const TLS = { certificate: '/c', key: '/k' }

test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', 'LocalHost', '::ffff:127.0.0.1'])(
  '%s is this machine alone',
  (host) => {
    expect(isLoopbackHost(host)).toBe(true)
    expect(plaintextFault({}, host)).toBeUndefined()
    expect(ownHost(host)).toBe(host)
  },
)

test.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '192.168.1.5',
  '126.255.255.255',
  '128.0.0.1',
  'fe80::1',
  '::ffff:10.0.0.1',
  '::127.0.0.1',
  'gate.example',
  'localhost.example',
  'localhost.',
  '127.0.0.1.example',
  '127.1',
  '0',
  '',
])('%p is reached from elsewhere: plain HTTP needs a reason there', (host) => {
  expect(isLoopbackHost(host)).toBe(false)
  expect(plaintextFault({ plaintext: 'a mesh encrypts it' }, host)).toBeUndefined()
  expect(plaintextFault({ tls: TLS }, host)).toBeUndefined()
  expect(ownHost(host)).toBe('127.0.0.1')
  const why = plaintextFault({}, host)
  // What, why, and each of the three ways out.
  for (const words of [
    `on ${host} in plain HTTP`,
    'could read',
    '`listen.tls`',
    '127.0.0.1',
    '`listen.plaintext: "the reason"`',
  ]) {
    expect(why).toContain(words)
  }
})

test('a bundle that takes the reason away, or switches TLS on or off, may not take the place of the one in force', () => {
  const fault = (before: object, after: object, host = '10.0.0.1') => wireChangeFault(before, after, host)
  expect(fault({ plaintext: 'a mesh' }, {})).toContain('in plain HTTP')
  expect(fault({ tls: TLS }, {})).toContain('in plain HTTP')
  expect(fault({ tls: TLS }, { plaintext: 'a mesh' })).toContain('switches TLS off')
  expect(fault({ tls: TLS }, {}, '127.0.0.1')).toContain('switches TLS off')
  expect(fault({}, { tls: TLS }, '127.0.0.1')).toContain('switches TLS on')
  expect(fault({ plaintext: 'a mesh' }, { plaintext: 'another' })).toBeUndefined()
  expect(fault({ tls: TLS }, { tls: { certificate: '/other', key: '/k' } })).toBeUndefined()
  expect(fault({}, {}, '127.0.0.1')).toBeUndefined()
})
