// What is wrong around the body: its length, its pace, the headers, the method, the path. Alike on every route.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { goodText, READS, type SendRoute, SENDS } from './every-protocol.ts'
import { type Answered, expectNos, type Told } from './every-protocol-record.ts'
import { bearer, type EveryWorld, expectServed, send, type Sent, startEveryWorld } from './every-protocol-world.ts'
import { answerOn, callRaw, dial, type Head, head } from './raw-caller.ts'

let world: EveryWorld
beforeAll(async () => {
  world = await startEveryWorld({ limits: { bodyIdle: 500, bodyTotal: 1_500 } })
})
afterAll(() => world.stop())

const TOO_LARGE = { status: 413, code: 'body_too_large' } as const
const LATE = { status: 408, code: 'request_timeout' } as const
const METHOD = { status: 405, code: 'method_not_allowed' } as const
const QUERY = { status: 400, code: 'invalid_field', field: 'query' } as const
const LOST = { status: 404, code: 'not_found' } as const
const LIMIT = 16 * 1024

const lines = (...more: readonly string[]): readonly string[] => [
  `Authorization: Bearer ${world.token}`,
  'Content-Type: application/json',
  ...more,
]
const lengthOf = (route: SendRoute): string => `Content-Length: ${goodText(route).length}`

/** On every route that takes a body at once: each answer is that no, nothing was sent, and right requests are served. */
async function expectRefusedEverywhere(ask: (route: SendRoute) => Promise<Response>, told: Told): Promise<void> {
  const before = world.provider.asked()
  const answers = await Promise.all(
    SENDS.map(async (route): Promise<Answered> => {
      const response = await ask(route)
      return { name: route.path, shape: route.shape, response, told }
    }),
  )
  await expectNos(world, answers)
  expect(world.provider.asked()).toBe(before)
  await expectServed(world)
}

const raw = async (told: Head, body = ''): Promise<Response> =>
  (await callRaw(world.rig.url, head(told) + body)).response

describe('a body over the limit', () => {
  test('that says so is refused before a byte of it is sent, and the connection is closed', async () => {
    await expectRefusedEverywhere(async ({ path }) => {
      const response = await raw({ path, lines: lines(`Content-Length: ${LIMIT + 1}`) })
      expect([path, response.headers.get('connection')]).toEqual([path, 'close'])
      return response
    }, TOO_LARGE)
  })

  test('in chunks that never end is refused while it is counted, and the connection is closed', async () => {
    await expectRefusedEverywhere(async ({ path }) => {
      // A chunk of a megabyte is announced, and no more than 64 KiB of it sent.
      const sent = `${head({ path, lines: lines('Transfer-Encoding: chunked') })}100000\r\n${'a'.repeat(4 * LIMIT)}`
      const { response } = await callRaw(world.rig.url, sent)
      expect([path, response.headers.get('connection')]).toEqual([path, 'close'])
      return response
    }, TOO_LARGE)
  })

  test('of a right request is refused, and one that is just under it is served', async () => {
    const filled = (route: SendRoute, bytes: number): string => {
      const text = goodText(route)
      return text + ' '.repeat(bytes - text.length)
    }
    await expectRefusedEverywhere((route) => send(world, route, { body: filled(route, LIMIT + 1) }), TOO_LARGE)
    for (const route of SENDS) {
      const response = await send(world, route, { body: filled(route, LIMIT) })
      expect([route.path, response.status]).toEqual([route.path, 200])
    }
  })
})

test.each(['Content-Length: 4000', 'Transfer-Encoding: chunked'])(
  'a body that does not come (%s), and one that comes a byte at a time, is given up on',
  async (framing) => {
    for (const dribbling of [false, true]) {
      const began = performance.now()
      await expectRefusedEverywhere(async ({ path }) => {
        const socket = await dial(world.rig.url)
        const heard = answerOn(socket)
        socket.write(head({ path, lines: lines(framing) }))
        const byte = framing.includes('chunked') ? '1\r\n \r\n' : ' '
        const timer = dribbling ? setInterval(() => socket.write(byte), 50) : undefined
        const { response } = await heard
        clearInterval(timer)
        expect([path, response.headers.get('connection')]).toEqual([path, 'close'])
        return response
      }, LATE)
      // Where bytes kept coming no sooner than the time for all of it, but that a short body that is said to be has one pause alone;
      // and in bounded time either way.
      if (dribbling && framing.includes('chunked')) expect(performance.now() - began).toBeGreaterThan(1_400)
      expect(performance.now() - began).toBeLessThan(8_000)
    }
  },
)

test('a body that breaks off is nobody’s failure, recorded once, and nothing is sent', async () => {
  const before = world.provider.asked()
  const recorded = (await world.rig.entries()).length
  await Promise.all(
    SENDS.map(async (route) => {
      const socket = await dial(world.rig.url)
      socket.end(head({ path: route.path, lines: lines('Content-Length: 4000') }) + goodText(route))
      await new Promise((closed) => socket.once('close', closed))
    }),
  )
  for (let turn = 0; turn < 500 && (await world.rig.entries()).length < recorded + 2 * SENDS.length; turn++)
    await Bun.sleep(10)
  const entries = (await world.rig.entries()).slice(recorded)
  const kinds = Map.groupBy(entries, (entry) => String(entry['exchange']))
  expect([...kinds.values()].map((of) => of.map(({ kind }) => kind))).toEqual(SENDS.map(() => ['decision', 'outcome']))
  const outcomes = entries.filter(({ kind }) => kind === 'outcome')
  expect(outcomes.map((outcome) => outcome['ended'])).toEqual(SENDS.map(() => 'caller-gone'))
  expect(world.provider.asked()).toBe(before)
  await expectServed(world)
})

const framings: readonly (readonly [string, (route: SendRoute) => Head, (route: SendRoute) => string])[] = [
  ['a length beside chunks', (route) => ({ lines: lines(lengthOf(route), 'Transfer-Encoding: chunked') }), goodText],
  ['two lengths', (route) => ({ lines: lines(lengthOf(route), 'Content-Length: 3') }), goodText],
  ['1,000 headers', (route) => ({ lines: lines(...many, lengthOf(route)) }), goodText],
  ['a header of 64 KiB', (route) => ({ lines: lines(`X-Big: ${'a'.repeat(4 * LIMIT)}`, lengthOf(route)) }), goodText],
]
const many = Array.from({ length: 1_000 }, (_, index) => `X-${index}: a`)

test.each(framings)('%s never reaches the gate: Bun refuses it, and closes', async (_name, told, body) => {
  const before = world.provider.asked()
  const recorded = (await world.rig.entries()).length
  for (const route of SENDS) {
    const { status, text } = await callRaw(world.rig.url, head({ path: route.path, ...told(route) }) + body(route))
    expect([route.path, [400, 431, 0].includes(status)]).toEqual([route.path, true])
    expect(text).not.toContain('x-sallyport-exchange')
  }
  expect((await world.rig.entries()).length).toBe(recorded)
  expect(world.provider.asked()).toBe(before)
  await expectServed(world)
})

test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is not what a model is asked by', async (method) => {
  const override = { 'x-http-method-override': 'POST', 'x-method-override': 'POST' }
  await expectRefusedEverywhere(async (route) => {
    const response = await send(world, route, { method, headers: override })
    expect([route.path, response.headers.get('allow')]).toEqual([route.path, 'POST'])
    return response
  }, METHOD)
})

test.each(['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-method', 'x-original-url'])(
  '%s changes nothing on any route',
  async (name) => {
    for (const route of SENDS) {
      const value = name === 'x-original-url' ? '/v1/models' : 'DELETE'
      const response = await send(world, route, { headers: { [name]: value } })
      expect([route.path, response.status]).toEqual([route.path, 200])
      const { decision } = await world.rig.settled(response.headers.get('x-sallyport-exchange') ?? '')
      expect(decision).toMatchObject({ decision: 'allow', resource: { type: 'Model', id: route.model } })
    }
  },
)

test.each(['?model=clinic-large', '?stream=true', '?a=b?c', '?beta=false'])(
  'the query %s is refused by name on every route',
  (query) => expectRefusedEverywhere((route) => send(world, route, { path: route.path + query } satisfies Sent), QUERY),
)

const detours: readonly (readonly [string, (path: string) => string])[] = [
  ['a doubled slash in front', (path) => `/${path}`],
  ['a doubled slash inside', (path) => path.replace(/\/([a-z_]+)$/, '//$1')],
  ['a slash behind', (path) => `${path}/`],
  ['an encoded slash', (path) => path.replace(/\/([a-z_]+)$/, '%2f$1')],
  ['an encoded letter', (path) => path.replace(/[a-z]$/, (last) => `%${last.charCodeAt(0).toString(16)}`)],
  ['two dots', (path) => path.replace('/v1/', '/v1/x/../')],
  ['two encoded dots', (path) => path.replace('/v1/', '/v1/x/%2e%2e/')],
  ['a parameter of the path', (path) => `${path};a=b`],
  ['a zero byte', (path) => `${path}%00`],
  ['capitals', (path) => path.replace('v1', 'V1')],
]

test.each(detours)('%s leads from no route to any', async (_name, detour) => {
  const before = world.provider.asked()
  for (const route of SENDS) {
    const text = goodText(route)
    const path = detour(route.path)
    const { response, status } = await callRaw(
      world.rig.url,
      head({ path, lines: lines(lengthOf(route), 'Connection: close') }) + text,
    )
    expect([path, status]).toEqual([path, 404])
    const { decision } = await world.rig.settled(response.headers.get('x-sallyport-exchange') ?? '')
    expect(decision).toMatchObject({ decision: 'deny', resource: { type: 'Route', id: 'unknown' } })
  }
  expect(world.provider.asked()).toBe(before)
  await expectServed(world)
})

describe('what is read', () => {
  const ask = (method: string, path: string, more: RequestInit = {}): Promise<Response> =>
    fetch(`${world.rig.url}${path}`, { method, headers: bearer(world.token), ...more })
  // Those that have parameters of their own name them, or the one that they do not know.
  const queryTold: Readonly<Record<string, Told>> = {
    '/anthropic/v1/models': { status: 400, code: 'unknown_field' },
    '/v1/responses/ID': { status: 400, code: 'unknown_field', field: 'surprise' },
    '/v1/responses/ID/input_items': { status: 400, code: 'unknown_field', field: 'surprise' },
  }
  const NO_MODEL = { status: 404, code: 'model_not_found', decided: 'not_permitted' } as const
  const reads = READS.filter(({ method }) => method === 'GET')

  test('by another method is refused', async () => {
    const answers = await Promise.all(
      reads.map(async ({ name, shape, path }): Promise<Answered> => {
        const response = await ask('PUT', path(world.owned), { body: '{}' })
        expect([name, response.headers.get('allow')]).toEqual([name, 'GET'])
        return { name, shape, response, told: METHOD }
      }),
    )
    await expectNos(world, answers)
  })

  test('with a query that means nothing is refused by name', async () => {
    const answers = await Promise.all(
      reads.map(async ({ name, shape, path }): Promise<Answered> => {
        const response = await ask('GET', `${path(world.owned)}?surprise=1`)
        return { name, shape, response, told: queryTold[name] ?? QUERY }
      }),
    )
    await expectNos(world, answers)
  })

  test('of nobody is not found, whatever the id looks like', async () => {
    const paths = [
      ['openai', '/v1/responses/resp_never', { ...LOST, field: 'id' }],
      ['openai', '/v1/responses/__proto__', { ...LOST, field: 'id' }],
      ['problem', '/v1/exchanges/01ARZ3NDEKTSV4RRFFQ69G5FAV', LOST],
      ['openai', '/v1/models/no-such-model', NO_MODEL],
      ['openai', '/v1/models/__proto__', NO_MODEL],
      ['anthropic', '/anthropic/v1/models/__proto__', NO_MODEL],
      ['openai', `/v1/responses/${'a'.repeat(201)}`, LOST],
      ['openai', '/v1/responses/resp%2f..%2fmodels', LOST],
      ['openai', '/v1/exchanges/01ARZ3NDEKTSV4RRFFQ69G5FA', LOST],
      ['openai', '/v1/models/a%2fb', LOST],
    ] as const
    const before = world.provider.asked()
    const answers = await Promise.all(
      paths.map(async ([shape, path, told]): Promise<Answered> => ({
        name: path,
        shape,
        told,
        response: await ask('GET', path),
      })),
    )
    await expectNos(world, answers)
    expect(world.provider.asked()).toBe(before)
  })
})
