import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { ProxyConfig } from '#policy/bundle/config.ts'
import { makeAuthority } from '../../test/doubles/certificates.ts'
import { callerUnder } from './source.ts'

const NOW = Date.now()
const PROXY: ProxyConfig = { networks: ['10.0.0.0/8', 'fd00::/8'], address: 'x-forwarded-for', certificate: false }
const FORWARDED: ProxyConfig = { ...PROXY, address: 'forwarded' }

const under = (proxy: ProxyConfig | undefined, peer: string | undefined, headers: Record<string, string> = {}) =>
  callerUnder(proxy)({ peer, headers: new Headers(headers), now: NOW })

const via = (header: string): string => {
  const { source, refused } = under(PROXY, '10.0.0.1', { 'x-forwarded-for': header })
  return refused ? `${refused.reason} ${refused.detail.field}` : source
}
const viaForwarded = (header: string): string => {
  const { source, refused } = under(FORWARDED, '10.0.0.1', { forwarded: header })
  return refused ? `${refused.reason} ${refused.detail.field}` : source
}

describe('without a trusted proxy at the other end', () => {
  const CLAIMS = { 'x-forwarded-for': '10.0.0.9', forwarded: 'for=10.0.0.9', 'client-cert': ':AAAA:' }

  test.each([
    [undefined, '10.0.0.1', '10.0.0.1'],
    [PROXY, '192.0.2.1', '192.0.2.1'],
    [FORWARDED, '192.0.2.1', '192.0.2.1'],
    [{ ...PROXY, certificate: true }, '11.0.0.1', '11.0.0.1'],
    [undefined, '::ffff:192.0.2.1', '192.0.2.1'],
    [undefined, '2001:db8::1', '2001:db8::1'],
    [undefined, 'fe80::1%eth0', 'fe80::1'],
    // Of a connection that is gone already: nobody's address.
    [PROXY, undefined, '0.0.0.0'],
    [PROXY, 'somewhere', '0.0.0.0'],
  ])('%j, the peer %p is %p, whatever headers say', (proxy, peer, source) => {
    expect(under(proxy, peer, CLAIMS)).toEqual({ source })
  })
})

describe('x-forwarded-for of a trusted proxy', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['  192.0.2.7\t', '192.0.2.7'],
    // The caller wrote the first of these; the proxy appended the second.
    ['198.51.100.1, 192.0.2.7', '192.0.2.7'],
    ['198.51.100.1, 192.0.2.7, 10.1.2.3, 10.4.5.6', '192.0.2.7'],
    ['nonsense, <b>, 192.0.2.7', '192.0.2.7'],
    [',,, 192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:51234', '192.0.2.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::5, fd00::1', '2001:db8::5'],
    // Written as IPv6, it is a proxy all the same.
    ['192.0.2.7, ::ffff:10.1.1.1', '192.0.2.7'],
  ])('%p names %p', (header, source) => {
    expect(via(header)).toBe(source)
  })

  test.each([
    '',
    ' ',
    ',',
    'unknown',
    '_hidden',
    '192.0.2.7,',
    '192.0.2.7, unknown',
    '192.0.2.7, unknown, 10.1.2.3',
    // Nobody but proxies: their own address would stand for whoever is behind them.
    '10.1.2.3',
    '10.1.2.3, 10.4.5.6',
    '192.0.2.300',
    '192.0.2.07',
    '192.0.2',
    '3221225991',
    '0xc0000207',
    '192.0.2.7/32',
    '192.0.2.7:',
    '192.0.2.7:123456',
    '192.0.2.7 10.0.0.2',
    '[192.0.2.7]',
    '[2001:db8::1',
    '2001:db8::1]',
    'fe80::1%eth0',
    '"192.0.2.7"',
    'for=192.0.2.7',
    `192.0.2.7${'0'.repeat(200)}`,
  ])('%p names nobody: it is refused, and the source is nobody, never the proxy', (header) => {
    expect(via(header)).toBe('malformed_request x-forwarded-for')
    expect(under(PROXY, '10.0.0.1', { 'x-forwarded-for': header }).source).toBe('0.0.0.0')
  })

  test('a proxy that says nothing is refused, also where another header names somebody', () => {
    const { refused, source } = under(PROXY, '10.0.0.1', { forwarded: 'for=192.0.2.7', 'x-real-ip': '192.0.2.7' })
    expect(source).toBe('0.0.0.0')
    expect(refused?.reason).toBe('malformed_request')
    expect(refused?.detail.message).toContain('`x-forwarded-for`')
  })

  test('a peer that is written as IPv6 is the proxy that it is', () => {
    expect(under(PROXY, '::ffff:10.0.0.1', { 'x-forwarded-for': '192.0.2.7' })).toEqual({
      source: '192.0.2.7',
      via: '10.0.0.1',
    })
  })
})

describe('forwarded of a trusted proxy (RFC 7239)', () => {
  test.each([
    ['for=192.0.2.7', '192.0.2.7'],
    ['For=192.0.2.7;proto=https;by=203.0.113.43', '192.0.2.7'],
    ['proto=https; for="192.0.2.7:4711"', '192.0.2.7'],
    ['for="192.0.2.7:_port"', '192.0.2.7'],
    ['for="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['for="[2001:db8:cafe::17]"', '2001:db8:cafe::17'],
    ['for=198.51.100.1, for=192.0.2.7;host=gate.example', '192.0.2.7'],
    ['for=192.0.2.7, for=10.1.1.1;by="_proxy"', '192.0.2.7'],
    [';for=192.0.2.7;', '192.0.2.7'],
    // What a caller left open does not swallow what the proxy wrote.
    ['for=10.9.8.7;x=", for=192.0.2.7', '192.0.2.7'],
    ['for=198.51.100.1;x=", for=192.0.2.7;host="gate.example"', '192.0.2.7'],
  ])('%p names %p', (header, source) => {
    expect(viaForwarded(header)).toBe(source)
  })

  test.each([
    '',
    'for=unknown',
    'for=_hidden',
    'for="_gazonk"',
    'proto=https',
    'for=192.0.2.7;for=198.51.100.1',
    'for=192.0.2.7, proto=https',
    'for=192.0.2.7, for=10.1.1.1;x="',
    // §6: in brackets, and in quotes.
    'for=2001:db8::1',
    'for="2001:db8::1"',
    'for=[2001:db8::1]',
    'for=192.0.2.7:80',
    'for = 192.0.2.7',
    "for='192.0.2.7'",
    'for="192.0.2.7\\"',
    'for="192.0.2.7" x',
    'for="192.0.2.7',
    '192.0.2.7',
    'for=10.2.3.4',
  ])('%p names nobody', (header) => {
    expect(viaForwarded(header)).toBe('malformed_request forwarded')
  })
})

describe('client-cert of a trusted proxy (RFC 9440)', () => {
  const HOUR = 3_600_000
  const WITH: ProxyConfig = { ...PROXY, certificate: true }
  const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const written = (der: Uint8Array): string => `:${Buffer.from(der).toString('base64')}:`
  const ask = (header: string, proxy = WITH) =>
    under(proxy, '10.0.0.1', { 'x-forwarded-for': '192.0.2.7', 'client-cert': header })

  test('it is told by digest and subject', async () => {
    const der = derOf((await (await makeAuthority()).issue({ names: ['client.test'] })).certificate)
    const sha256 = createHash('sha256').update(der).digest('hex')
    expect(ask(written(der))).toEqual({
      source: '192.0.2.7',
      via: '10.0.0.1',
      certificate: { sha256, subject: 'CN=client.test' },
    })
  })

  test('it is ignored where the bundle does not say that the proxy writes it, and from anyone else', async () => {
    const der = derOf((await (await makeAuthority()).issue({ names: ['client.test'] })).certificate)
    expect(ask(written(der), PROXY)).toEqual({ source: '192.0.2.7', via: '10.0.0.1' })
    expect(under(WITH, '192.0.2.9', { 'client-cert': written(der) })).toEqual({ source: '192.0.2.9' })
  })

  test('none is none', () => {
    expect(under(WITH, '10.0.0.1', { 'x-forwarded-for': '192.0.2.7' })).toEqual({
      source: '192.0.2.7',
      via: '10.0.0.1',
    })
  })

  test('one that is not valid now is refused', async () => {
    const authority = await makeAuthority()
    const old = { notBefore: new Date(NOW - 2 * HOUR), notAfter: new Date(NOW - HOUR) }
    const early = { notBefore: new Date(NOW + HOUR), notAfter: new Date(NOW + 2 * HOUR) }
    for (const dates of [old, early]) {
      const { certificate } = await authority.issue({ names: ['client.test'], ...dates })
      const { refused, source } = ask(written(derOf(certificate)))
      expect({ reason: refused?.reason, field: refused?.detail.field, source }).toEqual({
        reason: 'malformed_request',
        field: 'client-cert',
        source: '0.0.0.0',
      })
    }
  })

  test('whatever is not exactly one certificate is refused', async () => {
    const { certificate } = await (await makeAuthority()).issue({ names: ['client.test'] })
    const der = derOf(certificate)
    const sound = written(der)
    const wrong = [
      '',
      '::',
      ':AAAA:',
      sound.slice(1),
      sound.slice(0, -1),
      `${sound};q=1`,
      `${sound}, ${sound}`,
      `"${sound}"`,
      sound.replace(':M', ':-'),
      written(der.subarray(0, -1)),
      // Bytes behind it would give it another digest.
      written(Buffer.concat([der, Buffer.from('x')])),
      written(Buffer.from(certificate)),
      certificate.replaceAll('\n', ' '),
      encodeURIComponent(certificate),
    ]
    for (const header of wrong)
      expect({ header, reason: ask(header).refused?.reason }).toEqual({ header, reason: 'malformed_request' })
  })
})

describe('any header at all', () => {
  const ALPHABET = [
    ...'0123456789abcdef.:,;="[]\\ _%/-\tforFOR'.split(''),
    '10.0.0.1',
    '192.0.2.7',
    '2001:db8::1',
    'for=',
    '::ffff:',
  ]
  // A generator of our own, so that a failure can be had again.
  function* draws(seed: number): Generator<number> {
    for (let state = seed; ;) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      yield state / 2 ** 32
    }
  }

  test('gives an address that it names, or a refusal, and never throws', () => {
    const drawn = draws(7)
    const draw = (): number => drawn.next().value as number
    let named = 0
    for (let turn = 0; turn < 20_000; turn += 1) {
      const header = Array.from(
        { length: 1 + Math.floor(draw() * 12) },
        () => ALPHABET[Math.floor(draw() * ALPHABET.length)],
      ).join('')
      for (const proxy of [PROXY, FORWARDED]) {
        const { source, refused } = under(proxy, '10.0.0.1', { [proxy.address]: header })
        if (refused) expect(source).toBe('0.0.0.0')
        else {
          named += 1
          expect(source.startsWith('10.')).toBe(false)
          // Its first and its last part stand in the header, whatever was left out between them.
          const parts = source.split(/[.:]/).filter((part) => part !== '' && part !== '0')
          for (const part of parts)
            expect({ header, source, has: hasPart(header, part, source) }).toEqual({ header, source, has: true })
        }
      }
    }
    expect(named).toBeGreaterThan(100)
  })

  /** An IPv4 address may be written as two groups of IPv6. */
  const hasPart = (header: string, part: string, source: string): boolean =>
    header.toLowerCase().includes(part) || (source.includes('.') && header.includes('::ffff:'))

  test('costs time in proportion to its length: a megabyte of it takes no second', () => {
    const began = performance.now()
    for (const piece of [
      ',',
      ';',
      '"',
      'for=',
      ' ',
      '10.0.0.1,',
      '10.0.0.1, ',
      'for=10.0.0.1,',
      'for=10.0.0.1;',
      '\t',
      '[',
      '=',
      'a=b;',
    ]) {
      const header = piece.repeat(Math.ceil(1_000_000 / piece.length))
      for (const proxy of [PROXY, FORWARDED]) {
        const headers = { get: () => header } as unknown as Headers
        expect(callerUnder(proxy)({ peer: '10.0.0.1', headers, now: NOW }).refused?.reason).toBe('malformed_request')
      }
    }
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})
