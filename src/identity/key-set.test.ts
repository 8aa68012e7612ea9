import { describe, expect, test } from 'bun:test'
import {
  DISCOVERY,
  forge,
  GOOD_CLAIMS,
  JWKS,
  makeKey,
  makeNetwork,
  NOW,
  NOW_SECONDS,
  refusalOf,
  URL_OF_ISSUER,
} from './forge.fixture.ts'
import type { Issuer } from './issuer.ts'
import { makeJwtAuthenticator } from './jwt.ts'
import type { KeyPolicy } from './key-set.ts'

const [oldKey, newKey] = [makeKey('old'), makeKey('new')]
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const LONG_LIVED = { ...GOOD_CLAIMS, exp: NOW_SECONDS + 7 * 86_400 }

function gate(keys: readonly object[] = [oldKey.jwk], policy: Partial<KeyPolicy> = {}) {
  const time = { now: NOW }
  const lines: string[] = []
  const network = makeNetwork(keys)
  const authenticator = makeJwtAuthenticator(
    [{ name: 'okta', url: URL_OF_ISSUER, audience: ['sallyport'] }],
    {},
    {
      fetchJson: network.fetchJson,
      clock: { now: () => time.now },
      report: (line) => lines.push(line),
      timeoutMs: 500,
      keys: policy,
    },
  )
  const show = (credential: string) =>
    refusalOf(async () => {
      const principal = await authenticator.identify({ credential, source: '192.0.2.1' })
      expect(principal?.id).toBe('okta/alice')
    })
  return { authenticator, network, time, lines, show }
}

/** Long enough for a background refresh from a network in memory: it takes no time but turns of the event loop. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('keys are fetched', () => {
  test('once, whoever asks at the same time', async () => {
    const { network, show } = gate()
    const tokens = Array.from({ length: 50 }, (_, index) => forge(oldKey, { ...GOOD_CLAIMS, jti: String(index) }))
    expect(new Set(await Promise.all(tokens.map(show)))).toEqual(new Set(['no refusal']))
    expect(network.asked).toEqual([DISCOVERY, JWKS])
  })

  test('once more for a storm of 1,000 unknown kids, and again only after the interval', async () => {
    const { network, show, time, authenticator } = gate()
    await authenticator.start()
    const storm = (from: number) =>
      Promise.all(
        Array.from({ length: 1000 }, (_, index) => show(forge({ ...oldKey, kid: `unknown-${from + index}` }))),
      )
    expect(new Set(await storm(0))).toEqual(
      new Set([
        'unauthenticated: The token is signed with a key that its issuer does not publish; sign in again for a new one.',
      ]),
    )
    expect(network.asked).toEqual([DISCOVERY, JWKS, JWKS])
    time.now += 29 * SECOND
    await storm(1000)
    expect(network.asked).toEqual([DISCOVERY, JWKS, JWKS])
    time.now += SECOND
    await storm(2000)
    expect(network.asked).toEqual([DISCOVERY, JWKS, JWKS, JWKS])
  })

  test('no second time for an unknown kid that made them be fetched in the first place', async () => {
    const { network, show } = gate()
    await show(forge(newKey))
    expect(network.asked).toEqual([DISCOVERY, JWKS])
  })

  test('again in the background after ten minutes, while requests are served with the known ones', async () => {
    const { network, show, time } = gate()
    await show(forge(oldKey))
    network.pages.set(JWKS, () => new Promise<Response>(() => undefined))
    time.now += 10 * MINUTE
    expect(await show(forge(oldKey))).toBe('no refusal')
    expect(network.asked).toEqual([DISCOVERY, JWKS, JWKS])
  })
})

describe('an issuer that rotates its keys', () => {
  test('has its new key accepted at once, while tokens of the old one go on', async () => {
    const { network, show } = gate()
    expect(await show(forge(oldKey))).toBe('no refusal')
    network.keys = [oldKey.jwk, newKey.jwk]
    expect(await show(forge(newKey))).toBe('no refusal')
    expect(await show(forge(oldKey))).toBe('no refusal')
  })

  test('has the removed key refused after the next refresh, remembered tokens included', async () => {
    const { network, show, time } = gate([oldKey.jwk, newKey.jwk])
    const token = forge(oldKey)
    expect(await show(token)).toBe('no refusal')
    network.keys = [newKey.jwk]
    expect(await show(token)).toBe('no refusal')
    time.now += 10 * MINUTE
    await show(forge(newKey))
    await settled()
    expect(await show(token)).toContain('key that its issuer does not publish')
  })

  test('has the removed key refused within the lifetime of a remembered proof', async () => {
    const { network, show, time } = gate([oldKey.jwk, newKey.jwk])
    time.now += 10 * MINUTE - SECOND
    const token = forge(oldKey)
    await show(token)
    expect(await show(token)).toBe('no refusal')
    network.keys = [newKey.jwk]
    await show(forge({ ...oldKey, kid: 'unknown' }))
    expect(await show(token)).toContain('key that its issuer does not publish')
  })

  test('is asked before the first request after a quiet day is served', async () => {
    const { network, show, time } = gate()
    const token = forge(oldKey, LONG_LIVED)
    await show(token)
    network.keys = [newKey.jwk]
    time.now += 20 * MINUTE
    expect(await show(token)).toContain('key that its issuer does not publish')
  })

  test('is asked before a remembered token is served after a pause', async () => {
    const { network, show, time } = gate([oldKey.jwk], { refreshMs: 10 * SECOND })
    const token = forge(oldKey)
    await show(token)
    network.keys = [newKey.jwk]
    time.now += 20 * SECOND
    expect(await show(token)).toContain('key that its issuer does not publish')
  })

  test('does not make tokens of the keys that stay prove themselves anew', async () => {
    const { authenticator, network, time } = gate([oldKey.jwk], { refreshMs: 10 * SECOND })
    const presented = { credential: forge(oldKey), source: '192.0.2.1' }
    const before = await authenticator.identify(presented)
    network.keys = [newKey.jwk, oldKey.jwk]
    time.now += 20 * SECOND
    expect(await authenticator.identify(presented)).toBe(before)
    expect(network.asked).toEqual([DISCOVERY, JWKS, JWKS])
  })

  test('may withdraw every key', async () => {
    const { network, show, time, lines } = gate()
    await show(forge(oldKey))
    network.keys = []
    time.now += 20 * MINUTE
    expect(await show(forge(oldKey))).toContain('key that its issuer does not publish')
    expect(lines).toEqual(['issuer okta: publishes no usable key; its tokens are refused'])
  })
})

describe('an issuer that cannot be reached', () => {
  test('at start is one clear line, and heals by itself', async () => {
    const { authenticator, network, show, time, lines } = gate()
    network.down = true
    await authenticator.start()
    expect(lines).toEqual([
      'issuer okta: keys cannot be fetched (connection refused); its tokens are refused until it answers; trying again by itself',
    ])
    expect(await show(forge(oldKey))).toBe(
      "not_ready: The token cannot be checked now: its issuer's keys cannot be fetched. Try again shortly.",
    )
    const asked = network.asked.length
    await Promise.all(Array.from({ length: 100 }, () => show(forge(oldKey))))
    expect(network.asked.length).toBe(asked)
    network.down = false
    time.now += 30 * SECOND
    expect(await show(forge(oldKey))).toBe('no refusal')
    expect(lines.slice(1)).toEqual(['issuer okta: reachable again'])
  })

  test('later goes on being served with its known keys, new tokens included, and is told once', async () => {
    const { network, show, time, lines } = gate()
    await show(forge(oldKey, LONG_LIVED))
    network.down = true
    for (let hour = 1; hour < 24; hour++) {
      time.now = NOW + hour * HOUR
      expect(await show(forge(oldKey, { ...LONG_LIVED, jti: String(hour) }))).toBe('no refusal')
      await settled()
    }
    expect(lines).toEqual([
      'issuer okta: keys cannot be fetched (connection refused); known keys serve until 2026-01-16T12:00:00.000Z; trying again by itself',
    ])
  })

  test('for a day has its keys dropped, remembered tokens included', async () => {
    const { network, show, time, lines } = gate()
    const token = forge(oldKey, LONG_LIVED)
    await show(token)
    network.down = true
    time.now = NOW + 24 * HOUR - SECOND
    expect(await show(token)).toBe('no refusal')
    time.now = NOW + 24 * HOUR
    expect(await show(token)).toStartWith('not_ready: ')
    expect(lines.at(-1)).toBe('issuer okta: its keys are too old to trust; its tokens are refused until it answers')
    network.down = false
    time.now += 30 * SECOND
    expect(await show(token)).toBe('no refusal')
  })

  test('does not lose its known keys to a token with an unknown kid', async () => {
    const { network, show } = gate()
    await show(forge(oldKey))
    network.down = true
    expect(await show(forge(newKey))).toContain('key that its issuer does not publish')
    expect(await show(forge(oldKey))).toBe('no refusal')
  })

  test('is not asked by tokens with an unknown kid until the interval after its failure is over', async () => {
    const { network, show, time } = gate()
    await show(forge(oldKey))
    network.down = true
    time.now += 10 * MINUTE
    await show(forge(oldKey))
    await settled()
    const asked = network.asked.length
    await show(forge(newKey))
    expect(network.asked.length).toBe(asked)
    time.now += 30 * SECOND
    network.down = false
    network.keys = [newKey.jwk]
    expect(await show(forge(newKey))).toBe('no refusal')
  })

  test('is asked again although the clock was set back', async () => {
    const { network, show, time } = gate()
    const token = forge(oldKey, { ...GOOD_CLAIMS, iat: NOW_SECONDS - 7200 })
    await show(token)
    time.now = NOW - HOUR
    network.keys = [newKey.jwk]
    await show(token)
    await settled()
    expect(await show(token)).toContain('key that its issuer does not publish')
  })
})

describe('a new bundle', () => {
  const issuer = { name: 'okta', url: URL_OF_ISSUER, audience: ['sallyport'], groups: 'groups' }
  const token = forge(oldKey, { ...GOOD_CLAIMS, groups: ['Staff'] })
  const presented = { credential: token, source: '192.0.2.1' }

  function reload(next: Issuer) {
    const network = makeNetwork([oldKey.jwk])
    const options = { fetchJson: network.fetchJson, clock: { now: () => NOW }, report: () => undefined }
    const before = makeJwtAuthenticator([issuer], {}, options)
    const after = () => makeJwtAuthenticator([next], { staff: ['okta:Staff'] }, { ...options, inherit: before })
    return { before, after, network }
  }

  test('keeps the keys of an issuer that is away, and forgets every remembered token', async () => {
    const { before, after, network } = reload(issuer)
    expect((await before.identify(presented))?.groups).toEqual([])
    network.down = true
    expect((await after().identify(presented))?.groups).toEqual(['staff'])
  })

  test('does not keep them for an issuer of the same name elsewhere', async () => {
    const { before, after, network } = reload({ ...issuer, url: 'https://elsewhere.example.com' })
    await before.identify(presented)
    network.down = true
    const elsewhere = forge(oldKey, { ...GOOD_CLAIMS, iss: 'https://elsewhere.example.com' })
    expect(await refusalOf(() => after().identify({ ...presented, credential: elsewhere }))).toStartWith('not_ready: ')
  })
})

describe('an issuer that answers nonsense', () => {
  const metadata = (document: object) => () => Response.json(document)

  test.each<[string, string, () => Response | Promise<Response>, string]>([
    [
      'another issuer',
      DISCOVERY,
      metadata({ issuer: 'https://evil.example.com', jwks_uri: JWKS }),
      'names another issuer',
    ],
    ['no jwks_uri', DISCOVERY, metadata({ issuer: URL_OF_ISSUER }), 'no jwks_uri that is https'],
    [
      'a plain-text jwks_uri',
      DISCOVERY,
      metadata({ issuer: URL_OF_ISSUER, jwks_uri: 'http://login.example.com' }),
      'no jwks_uri',
    ],
    [
      'a loopback jwks_uri',
      DISCOVERY,
      metadata({ issuer: URL_OF_ISSUER, jwks_uri: 'http://127.0.0.1/k' }),
      'not https',
    ],
    [
      'a file as jwks_uri',
      DISCOVERY,
      metadata({ issuer: URL_OF_ISSUER, jwks_uri: 'file:///etc/passwd' }),
      'no jwks_uri',
    ],
    ['a web page', JWKS, () => new Response('<html>Sign in</html>'), 'did not answer with a JSON object'],
    ['a redirect', JWKS, () => Response.redirect('https://evil.example.com/jwks'), 'answered 302'],
    ['an error', JWKS, () => new Response('{"keys":[]}', { status: 500 }), 'answered 500'],
    ['more than 1 MiB', JWKS, () => new Response(' '.repeat(1024 * 1024) + '{"keys":[]}'), 'more than 1 MiB'],
    ['no list', JWKS, () => Response.json({ keys: {} }), 'no list of keys'],
    [
      '101 keys',
      JWKS,
      () => Response.json({ keys: Array.from({ length: 101 }, () => oldKey.jwk) }),
      'more than 100 keys',
    ],
    ['two lists', JWKS, () => new Response('{"keys":[],"keys":[]}'), 'did not answer with a JSON object'],
    ['nothing, ever', JWKS, () => new Promise<Response>(() => undefined), 'no answer within 500 ms'],
    [
      'a body that never ends',
      JWKS,
      () => new Response(new ReadableStream({ pull: () => undefined })),
      'no answer within 500 ms',
    ],
  ])('%s', async (_, url, answer, why) => {
    const { authenticator, network, lines, show } = gate()
    network.pages.set(url, answer)
    await authenticator.start()
    expect(lines.length).toBe(1)
    expect(lines[0]).toContain(why)
    expect(await show(forge(oldKey))).toStartWith('not_ready: ')
  })

  test('an endless body is cancelled at the limit', async () => {
    const { authenticator, network, lines } = gate()
    let cancelled = false
    const flood = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
      cancel: () => {
        cancelled = true
      },
    })
    network.pages.set(JWKS, () => new Response(flood))
    await authenticator.start()
    expect(lines[0]).toContain('more than 1 MiB')
    expect(cancelled).toBe(true)
  })

  test('what is thrown becomes one line of bounded length', async () => {
    const { authenticator, network, lines } = gate()
    network.pages.set(DISCOVERY, () => {
      throw new Error(`a\nb\u2028c${'x'.repeat(1000)}`)
    })
    await authenticator.start()
    expect(lines[0]).toStartWith('issuer okta: keys cannot be fetched (a b cxxx')
    expect(lines[0]?.length).toBeLessThan(320)
  })
})

describe('where keys are', () => {
  test('is found in the form of RFC 8414 when there is no OpenID document', async () => {
    const { network, show } = gate()
    network.pages.delete(DISCOVERY)
    const other = 'https://login.example.com/.well-known/oauth-authorization-server/tenant'
    network.pages.set(other, () => Response.json({ issuer: URL_OF_ISSUER, jwks_uri: JWKS }))
    expect(await show(forge(oldKey))).toBe('no refusal')
    expect(network.asked).toEqual([DISCOVERY, other, JWKS])
  })

  test('is looked up anew after a failure, as the issuer may have moved them', async () => {
    const { network, show, time } = gate()
    await show(forge(oldKey))
    network.pages.delete(JWKS)
    time.now += 10 * MINUTE
    await show(forge(oldKey))
    await settled()
    network.pages.set(DISCOVERY, () => Response.json({ issuer: URL_OF_ISSUER, jwks_uri: `${JWKS}2` }))
    network.pages.set(`${JWKS}2`, () => Response.json({ keys: [newKey.jwk] }))
    time.now += 30 * SECOND
    await show(forge(oldKey))
    await settled()
    expect(await show(forge(newKey))).toBe('no refusal')
  })
})
