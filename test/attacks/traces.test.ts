// A caller's trace is theirs to choose: it is recorded only where it has the form of one, and no provider is told of it unless the
// bundle says so. What else a caller says of traces goes nowhere.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { SeenRequest } from '#demo/seen.ts'
import { CLINIC, CLINIC_YAML, exchangeOf, type Rig, says, startRig } from '../rig.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const SENT = `00-${ID}-${PARENT}-01`

/** One provider of the clinic is told of traces; another name for it is not. */
const YAML = CLINIC_YAML.replace(
  'providers:\n',
  `providers:
  untold:
    kind: openai-compatible
    url: \${provider}/v1
    credential: file:provider-key
    private: true
`,
)
  .replace('    timeouts:', '    trace: true\n    timeouts:')
  .replace('clinic-large: { system: clinic, use: [harbor/', 'clinic-large: { system: clinic, use: [untold/')

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: { ...CLINIC, 'sallyport.yaml': YAML } })
})
afterAll(() => rig.stop())

interface Asked {
  readonly headers: SeenRequest['headers']
  readonly trace: unknown
  readonly recorded: string
}

async function ask(model: string, headers: Readonly<Record<string, string>>): Promise<Asked> {
  await fetch(`${rig.provider}/seen`, { method: 'DELETE' })
  const response = await rig.ask('alice', { model, messages: says('Good morning') }, { headers })
  expect(response.status).toBe(200)
  const [seen] = (await (await fetch(`${rig.provider}/seen`)).json()) as readonly SeenRequest[]
  if (!seen) throw new Error('the provider saw nothing')
  const settled = await rig.settled(exchangeOf(response))
  return { headers: seen.headers, trace: settled.decision['trace'], recorded: JSON.stringify(settled) }
}

describe('a provider that is told of traces', () => {
  test('gets a span of our own below the caller’s, which is the one that is recorded', async () => {
    const { headers, trace } = await ask('clinic-small', { traceparent: SENT })
    const [, span = ''] =
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-([0-9a-f]{16})-01$/.exec(headers['traceparent'] ?? '') ?? []
    expect(span).not.toBe('')
    expect(span).not.toBe(PARENT)
    expect(trace).toEqual({ id: ID, span, parent: PARENT })
  })

  test('is told nothing where the caller sent none', async () => {
    const { headers, trace } = await ask('clinic-small', {})
    expect([headers['traceparent'], trace]).toEqual([undefined, undefined])
  })
})

test('a provider that is not told of traces sees none, and the record has it', async () => {
  const { headers, trace } = await ask('clinic-large', { traceparent: SENT })
  expect(headers['traceparent']).toBeUndefined()
  expect(trace).toMatchObject({ id: ID, parent: PARENT })
})

test('`tracestate` and baggage reach neither a provider nor the record', async () => {
  const canary = 'canary0123456789'
  const { headers, recorded } = await ask('clinic-small', {
    traceparent: SENT,
    tracestate: `vendor=${canary}`,
    baggage: `user=${canary}`,
    b3: `${ID}-${PARENT}-1-${canary}`,
    'x-b3-traceid': canary,
  })
  expect(JSON.stringify(headers)).not.toContain(canary)
  expect(recorded).not.toContain(canary)
})

describe('what is no traceparent is as if it had not been sent, and no reason to refuse:', () => {
  test.each([
    ['a text', 'canary0123456789'],
    ['more than one', `${SENT}, ${SENT}`],
    ['more behind it', `${SENT}-canary0123456789`],
    ['no trace', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['upper case', `00-${ID.toUpperCase()}-${PARENT}-01`],
    ['no version', `ff-${ID}-${PARENT}-01`],
  ])('%s', async (_name, traceparent) => {
    const { headers, trace, recorded } = await ask('clinic-small', { traceparent })
    expect([headers['traceparent'], trace]).toEqual([undefined, undefined])
    expect(recorded).not.toContain('canary')
  })
})

test('a later version may say more behind its dash: that is not passed on', async () => {
  const { headers, trace, recorded } = await ask('clinic-small', {
    traceparent: `cc-${ID}-${PARENT}-01-canary0123456789`,
  })
  expect(headers['traceparent']).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
  expect(trace).toMatchObject({ id: ID, parent: PARENT })
  expect(recorded).not.toContain('canary')
})

test('a refusal has the trace, too', async () => {
  const response = await rig.callWith(
    'nobody',
    '/v1/chat/completions',
    { model: 'clinic-small' },
    { headers: { traceparent: SENT } },
  )
  expect(response.status).toBe(401)
  expect((await rig.settled(exchangeOf(response))).decision['trace']).toMatchObject({ id: ID, parent: PARENT })
})
