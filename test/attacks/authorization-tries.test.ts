// How often a place may fail where clients prove themselves, and who has to wait for it: at the real server, on the double's clock.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { ACCESS_TOKEN, details, exchange, EXCHANGE, noOf, token } from '../doubles/authorization-calls.ts'
import { type AuthorizationWorld, type Name, startAuthorization } from '../doubles/authorization-server.ts'

let world: AuthorizationWorld
beforeAll(async () => {
  world = await startAuthorization()
})
afterAll(() => world.stop())
beforeEach(() => {
  world.entries.length = 0
  world.reports.length = 0
  // Whoever failed before has new tries.
  world.time.now += 120_000
})

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const CREDENTIALS = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE }
const GARBAGE = { grant_type: EXCHANGE, subject_token: 'garbage', subject_token_type: ACCESS_TOKEN }

/** Signed by `other`, which is another. */
const forged = (name: Name): string => world.assertion('other', { iss: name, sub: name })

const wrongly = (name: Name, source: string) =>
  token(world, { ...CREDENTIALS, client_assertion: forged(name) }, { source })

async function post(type: string | undefined, source: string, body: string): Promise<number> {
  const headers = new Headers(type === undefined ? {} : { 'content-type': type })
  const answer = await world.ask('/oauth/token', { method: 'POST', body: Buffer.from(body), headers, source })
  await answer.arrayBuffer()
  return answer.status
}

/** How many of so many, one after another, were told what. */
async function told(times: number, ask: () => Promise<number>): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (let each = 0; each < times; each++) {
    const status = await ask()
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

describe('thirty tries', () => {
  test.each([
    'application/x-www-form-urlencoded ; charset=utf-8',
    'application/x-www-form-urlencoded;charset=utf-8',
    'Application/X-WWW-Form-Urlencoded',
    ' application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=utf-16le',
  ])('are all that a place has, as %s', async (type) => {
    const form = () => new URLSearchParams({ ...CREDENTIALS, client_assertion: forged('helper') }).toString()
    expect(await told(32, () => post(type, '203.0.113.1', form()))).toEqual({ 401: 30, 429: 2 })
    expect(world.entries.filter(({ kind }) => kind === 'token')).toHaveLength(30)
  })

  test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', undefined])(
    'are all that a place has for what is no form: %s',
    async (type) => {
      expect(await told(32, () => post(type, '203.0.113.2', '{}'))).toEqual({ 400: 30, 429: 2 })
      const tokens = world.entries.filter(({ kind }) => kind === 'token')
      expect(tokens).toHaveLength(30)
      expect(tokens[0]).toMatchObject({ what: 'refused', reason: 'invalid_request', source: '203.0.113.2' })
    },
  )

  test('are all that a place has for what proves nothing, whoever it is said to be of', async () => {
    const asks = [
      GARBAGE,
      { grant_type: 'refresh_token', refresh_token: 'spr_garbage' },
      { grant_type: 'refresh_token', refresh_token: 'spr_garbage', client_id: 'urn:sallyport:client:holder' },
      { grant_type: 'nonsense', client_id: 'nobody' },
      {},
    ]
    for (const [at, fields] of asks.entries()) {
      const source = `203.0.113.${10 + at}`
      const { 429: late, ...others } = await told(32, async () => (await token(world, fields, { source })).status)
      expect([fields, late, Object.values(others)]).toEqual([fields, 2, [30]])
    }
  })

  test('wait for room in the log, while whoever proves themselves does not', async () => {
    let asked = 0
    Object.assign(world.parts, { room: async () => void (asked += 1) })
    try {
      await token(world, GARBAGE, { source: '203.0.113.20' })
      expect(asked).toBe(1)
      const no = await token(world, { grant_type: 'client_credentials', scope: 'run-code' }, { by: 'helper' })
      expect([noOf(no).split(':', 1)[0], asked]).toEqual(['400 invalid_scope', 1])
    } finally {
      Object.assign(world.parts, { room: async () => undefined })
    }
  })

  test('are not used up by a no to whoever proves themselves', async () => {
    const source = '203.0.113.21'
    const ask = async () =>
      (await token(world, { grant_type: 'client_credentials', scope: 'run-code' }, { by: 'helper', source })).status
    expect(await told(40, ask)).toEqual({ 400: 40 })
  })
})

describe('where somebody fails as often as they like', () => {
  test('an application that proved itself there goes on, and its name alone lets nobody else', async () => {
    const source = '203.0.113.30'
    const proven = () => token(world, { grant_type: 'client_credentials' }, { by: 'helper', source })
    expect((await proven()).status).toBe(200)
    expect(await told(40, async () => (await wrongly('helper', source)).status)).toEqual({ 401: 30, 429: 10 })
    expect((await proven()).status).toBe(200)
    expect((await wrongly('helper', source)).status).toBe(429)
    expect((await proven()).status).toBe(200)
  })

  test('so does a workload', async () => {
    const source = '203.0.113.31'
    const proven = () => token(world, { ...CREDENTIALS, client_assertion: world.workload() }, { source })
    expect((await proven()).status).toBe(200)
    await told(31, async () => (await wrongly('helper', source)).status)
    expect((await proven()).status).toBe(200)
  })

  test('so does whoever has a refresh token from there, or a token that was good there', async () => {
    const source = '203.0.113.32'
    const person = world.person('alice')
    const task = { authorization_details: details({ models: ['desk-small'] }) }
    const begun = await exchange(world, person, { scope: 'infer offline_access', ...task }, { source })
    expect(begun.status).toBe(200)
    await told(31, async () => (await token(world, GARBAGE, { source })).status)
    const refresh = { grant_type: 'refresh_token', refresh_token: String(begun.body['refresh_token']) }
    const again = await token(world, refresh, { source })
    expect(again.status).toBe(200)
    const later = { grant_type: 'refresh_token', refresh_token: String(again.body['refresh_token']) }
    expect((await token(world, later, { source })).status).toBe(200)
    expect((await exchange(world, person, task, { source })).status).toBe(200)
  })

  test('so does a person whose token proves them, though it is new there; one that does not, waits', async () => {
    const source = '203.0.113.34'
    const task = { authorization_details: details({ models: ['desk-small'] }) }
    await told(31, async () => (await token(world, GARBAGE, { source })).status)
    expect((await exchange(world, world.person('bob'), task, { source })).status).toBe(200)
    const [header = '', claims = ''] = world.person('bob').split('.')
    const wrong = [
      `${header}.${claims}.${'A'.repeat(86)}`,
      world.person('bob', { exp: Math.floor(world.time.now / 1000) - 600 }),
      world.person('bob', { aud: 'another' }),
      world.person('bob', { iss: 'https://evil.example' }),
    ]
    for (const each of wrong) expect((await exchange(world, each, task, { source })).status).toBe(429)
    const code = {
      grant_type: 'authorization_code',
      code: 'x',
      client_id: 'nobody',
      subject_token: world.person('bob'),
    }
    expect((await token(world, code, { source })).status).toBe(429)
  })

  test('a good token is no leave to fail as often as one likes: a person has thirty tries there, too', async () => {
    const source = '203.0.113.35'
    await told(31, async () => (await token(world, GARBAGE, { source })).status)
    const nothing = { scope: 'nothing-here' }
    const fails = (sub: string) => async () => (await exchange(world, world.person(sub), nothing, { source })).status
    expect(await told(33, fails('frank'))).toEqual({ 400: 30, 429: 3 })
    const task = { authorization_details: details({ models: ['desk-small'] }) }
    expect((await exchange(world, world.person('frank'), task, { source })).status).toBe(429)
    expect((await exchange(world, world.person('grace'), task, { source })).status).toBe(200)
  })

  test('what introspection was asked about opens nothing', async () => {
    const source = '203.0.113.33'
    const body = new URLSearchParams({ token: 'garbage' })
    expect((await world.ask('/oauth/introspect', { method: 'POST', body, source })).status).toBe(200)
    expect(await told(32, async () => (await token(world, GARBAGE, { source })).status)).toEqual({ 400: 30, 429: 2 })
  })
})

describe('sessions of one person', () => {
  const task = { authorization_details: details({ models: ['desk-small'] }) }
  const begin = async (sub: string, source: string, how: { readonly by?: Name } = {}) =>
    (await exchange(world, world.person(sub), task, { source, ...how })).status

  test('begin 120 at once from one place, and two more each second; nobody else has to wait', async () => {
    const source = '203.0.113.50'
    expect(await told(124, () => begin('carol', source))).toEqual({ 200: 120, 429: 4 })
    const late = await exchange(world, world.person('carol'), task, { source })
    expect(noOf(late)).toStartWith('429 temporarily_unavailable: ')
    expect(late.headers.get('retry-after')).toBe('1')
    // Through an application it is the same person.
    expect(await begin('carol', source, { by: 'helper' })).toBe(429)
    expect(await begin('carol', '203.0.113.51')).toBe(200)
    expect(await begin('dave', source)).toBe(200)
    expect(world.entries.filter((entry) => entry.kind === 'token' && entry.what === 'refused')).toEqual([])
    world.time.now += 2_000
    expect(await told(6, () => begin('carol', source))).toEqual({ 200: 4, 429: 2 })
  })

  test('are counted as children, too, but not where a token is refreshed', async () => {
    const source = '203.0.113.52'
    const offline = { scope: 'infer offline_access', ...task }
    const first = await exchange(world, world.person('erin'), offline, { source })
    const child = async () => (await exchange(world, String(first.body['access_token']), {}, { source })).status
    expect(await told(122, child)).toEqual({ 200: 119, 429: 3 })
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) }
    expect((await token(world, refresh, { source })).status).toBe(200)
  })
})

describe('a client that is refused', () => {
  test('is not named in the log, where it only said who it is', async () => {
    await wrongly('helper', '203.0.113.40')
    expect(world.entries).toHaveLength(1)
    expect(world.entries[0]).not.toHaveProperty('client')
  })

  test('is named where it proved itself', async () => {
    await token(world, { grant_type: 'client_credentials', scope: 'run-code' }, { by: 'helper' })
    expect(world.entries).toMatchObject([{ what: 'refused', client: 'helper', reason: 'invalid_scope' }])
  })

  test('is told no more than that, and whoever operates the gate why', async () => {
    const source = '203.0.113.41'
    const wrong = [
      world.assertion('helper', { aud: 'https://other.example' }),
      world.assertion('helper', { exp: Math.floor(world.time.now / 1000) + 86_400 }),
      forged('helper'),
      world.assertion('helper', { iss: 'nobody\u001b[2J', sub: 'nobody\u001b[2J' }),
    ]
    for (const client_assertion of wrong) {
      const no = await token(world, { ...CREDENTIALS, client_assertion }, { source })
      expect(noOf(no)).toBe('401 invalid_client: client authentication failed')
    }
    expect(world.reports.map((line) => line.split(': ', 2)[0])).toEqual([
      'the application helper did not prove itself',
      'the application helper did not prove itself',
      'the application helper did not prove itself',
      'a client that is none here did not prove itself',
    ])
    expect(world.reports[0]).toContain('aud')
    expect(world.reports[1]).toContain('600 s at most')
    await token(world, { ...CREDENTIALS, client_assertion: forged('helper') }, { source })
    expect(world.reports).toHaveLength(4)
  })
})
