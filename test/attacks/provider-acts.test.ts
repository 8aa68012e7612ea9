// Threat: a request makes the provider act where the gate cannot see: call an MCP server of the caller's choosing, run code,
// fetch, search, remember. Each is an access of its own: without a permit nothing is sent, and with one only that is allowed.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Scripted, startScripted } from '../doubles/scripted-provider.ts'
import { exchangeOf, type Rig, startRig } from '../rig.ts'
import { WORLD, worldWith } from './inspected-world.ts'

const RESPONSES = '/v1/responses'
const MESSAGES = '/v1/messages'
const say = { input: 'Hi' }
const turns = { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
const shows = (block: object) => ({ max_tokens: 9, messages: [{ role: 'user', content: [block] }] })

const ACTS: readonly (readonly [what: string, action: string, path: string, body: object, field: string])[] = [
  [
    "an MCP server of the caller's own",
    'use-mcp',
    RESPONSES,
    {
      ...say,
      tools: [
        { type: 'mcp', server_label: 'mine', server_url: 'https://attacker.example/mcp', require_approval: 'never' },
      ],
    },
    'tools[0].type',
  ],
  [
    'a connector',
    'use-mcp',
    RESPONSES,
    { ...say, tools: [{ type: 'mcp', server_label: 'mail', connector_id: 'connector_gmail' }] },
    'tools[0].type',
  ],
  ['web search', 'web-search', RESPONSES, { ...say, tools: [{ type: 'web_search' }] }, 'tools[0].type'],
  [
    'code',
    'run-code',
    RESPONSES,
    { ...say, tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] },
    'tools[0].type',
  ],
  ['making images', 'use-hosted-tool', RESPONSES, { ...say, tools: [{ type: 'image_generation' }] }, 'tools[0].type'],
  [
    'a tool that nobody knows',
    'use-hosted-tool',
    RESPONSES,
    { ...say, tools: [{ type: 'time_travel' }] },
    'tools[0].type',
  ],
  [
    'an image by its address',
    'fetch-url',
    RESPONSES,
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://attacker.example/a.png' }] }] },
    'input[0].content[0].image_url',
  ],
  ['storing', 'store', RESPONSES, { ...say, store: true }, 'store'],
  ['work in the background', 'background', RESPONSES, { ...say, background: true }, 'background'],
  [
    "an MCP server of the caller's own",
    'use-mcp',
    MESSAGES,
    { ...turns, mcp_servers: [{ type: 'url', url: 'https://attacker.example/mcp', name: 'mine' }] },
    'mcp_servers[0]',
  ],
  [
    'web search',
    'web-search',
    MESSAGES,
    { ...turns, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    'tools[0].type',
  ],
  [
    'fetching',
    'fetch-url',
    MESSAGES,
    { ...turns, tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] },
    'tools[0].type',
  ],
  [
    'code',
    'run-code',
    MESSAGES,
    { ...turns, tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
    'tools[0].type',
  ],
  [
    'a document by its address',
    'fetch-url',
    MESSAGES,
    shows({ type: 'document', source: { type: 'url', url: 'https://attacker.example/a.pdf' } }),
    'messages[0].content[0].source.url',
  ],
]

const modelOf = (path: string): string => (path === MESSAGES ? 'claude-clinic' : 'clinic-small')

let provider: Scripted
beforeAll(() => {
  provider = startScripted()
  provider.script = { protocol: 'any', status: 500, body: {} }
})
afterAll(() => provider.stop())

describe('without a permit', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig({ files: WORLD, provider: provider.url })
  })
  afterAll(() => rig.stop())

  test.each(ACTS)('%s (%s, %s) is refused, by its field', async (_what, action, path, body, field) => {
    const response = await rig.call('alice', path, { model: modelOf(path), ...body })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain(`(\`${field}\`: ${action})`)
    const { decision, outcome } = await rig.settled(exchangeOf(response))
    expect(decision).toMatchObject({ decision: 'deny', reason: 'not_permitted' })
    expect(decision['also']).toContainEqual({ action, resource: { type: 'Model', id: modelOf(path) } })
    expect(outcome['attempts']).toBeUndefined()
  })
})

describe('with a permit for all other acts', () => {
  test.each(ACTS)('%s (%s, %s) is refused all the same', async (_what, action, path, body) => {
    const others = [...new Set(ACTS.map(([, each]) => each))].filter((each) => each !== action)
    const actions = others.map((each) => `Action::"${each}"`).join(', ')
    const rig = await startRig({
      files: worldWith(`@id("acts")\npermit (principal, action in [${actions}], resource);`),
      provider: provider.url,
    })
    const response = await rig.call('alice', path, { model: modelOf(path), ...body })
    await rig.stop()
    expect(response.status).toBe(403)
  })
})

describe('with a permit for it', () => {
  test.each(ACTS)('%s (%s, %s) is sent, and recorded', async (_what, action, path, body) => {
    const rig = await startRig({
      files: worldWith(`@id("act")\npermit (principal, action == Action::"${action}", resource);`),
      provider: provider.url,
    })
    const response = await rig.call('alice', path, { model: modelOf(path), ...body })
    const { decision, outcome } = await rig.settled(exchangeOf(response))
    await rig.stop()
    expect(decision).toMatchObject({ decision: 'allow' })
    expect(decision['policies']).toContain('act')
    expect(outcome['attempts']).toMatchObject([{ status: 500 }])
  })
})

test('`store` is switched off where the body leaves it out and policy does not permit it', async () => {
  const sent: string[] = []
  const listening = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      sent.push(await request.text())
      return Response.json({}, { status: 500 })
    },
  })
  const url = `http://127.0.0.1:${listening.port}`
  const asked = { model: 'clinic-small', input: 'Hi' }
  const strict = await startRig({ files: WORLD, provider: url })
  await strict.call('alice', RESPONSES, asked)
  await strict.stop()
  const keeping = worldWith('@id("keep")\npermit (principal, action == Action::"store", resource);')
  const open = await startRig({ files: keeping, provider: url })
  const response = await open.call('alice', RESPONSES, asked)
  const { decision } = await open.settled(exchangeOf(response))
  await open.stop()
  await listening.stop(true)
  expect(sent.map((body) => (JSON.parse(body) as { store?: boolean }).store)).toEqual([false, undefined])
  expect(decision['also']).toEqual([{ action: 'store', resource: { type: 'Model', id: 'clinic-small' } }])
})
