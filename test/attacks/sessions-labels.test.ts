// Threat: what a conversation has seen is washed off, by going on from it in another: by a reference to one of its messages, after it
// went idle, with another proof of the same person, through what a provider keeps and both write to.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { openSessions } from '#store/sessions.ts'
import { type Scripted, startScripted } from '../doubles/scripted-provider.ts'
import { CLINIC, CLINIC_YAML, exchangeOf, type Rig, startRig } from '../rig.ts'

const YAML = CLINIC_YAML.replace(
  'systems:\n',
  'systems:\n  charts: { tier: 1, owner: platform@harbor.example, labels: [clinical] }\n',
)
  .replace('models:\n', 'models:\n  charts: { system: charts, use: [harbor/harbor-small] }\n')
  .replace('kind: openai-compatible', 'kind: openai')

const CEDAR = `@id("all")
permit (principal, action, resource);
@id("nothing-clinical-goes-to-the-small-model")
forbid (principal, action, resource == Model::"clinic-small")
when { context has session && context.session.labels.contains("clinical") };
`

let provider: Scripted
let rig: Rig
let sessions: ReturnType<typeof openSessions>
beforeAll(async () => {
  provider = startScripted()
  rig = await startRig({
    files: { ...CLINIC, 'sallyport.yaml': YAML, 'policies/clinic.cedar': CEDAR },
    provider: provider.url,
  })
  sessions = openSessions(join(rig.home, 'runtime.db'))
})
afterAll(async () => {
  sessions.close()
  await rig.stop()
  await provider.stop()
})

type Ask = (body: object) => Promise<Response>
type Person = Parameters<Rig['call']>[0]

const as =
  (person: Person): Ask =>
  (body) =>
    rig.call(person, '/v1/responses', body)

/** The provider answers with a response of this id, and whatever else it has. */
async function answered(ask: Ask, id: string, body: object, more: object = {}): Promise<number> {
  const response = {
    id,
    object: 'response',
    created_at: 1,
    model: 'theirs',
    status: 'completed',
    error: null,
    store: true,
    output: [{ type: 'message', id: `msg_of_${id}`, status: 'completed', role: 'assistant', content: [] }],
    usage: { input_tokens: 10, output_tokens: 10, total_tokens: 20 },
    ...more,
  }
  provider.script = { protocol: 'any', status: 200, body: response }
  const answer = await ask({ input: 'x', ...body })
  const { decision } = await rig.settled(exchangeOf(answer))
  last = String(decision['session'])
  return answer.status
}

let last = ''

const called = (name: string) => ({ metadata: { conversation_id: name } })
const SMALL = { model: 'clinic-small', store: false }
const CHARTS = { model: 'charts', store: true }

/** As an operator ends it, or its time does. */
const endLast = (): unknown => sessions.end(last, { at: Date.now(), why: 'idle', by: 'gate' })

test('a reference to a message takes along what the conversation that it is from has seen', async () => {
  const alice = as('alice')
  expect(await answered(alice, 'resp_a', { ...CHARTS, ...called('a') })).toBe(200)
  const input = [
    { type: 'item_reference', id: 'msg_of_resp_a' },
    { role: 'user', content: 'search' },
  ]
  expect(await answered(alice, 'resp_x', { ...SMALL, ...called('elsewhere'), input })).toBe(403)
  expect(sessions.find(last)).toMatchObject({ labels: ['clinical'] })
  const labelled = (await rig.entries()).filter((entry) => entry['session'] === last && entry['what'] === 'label')
  expect(labelled.map((entry) => entry['labels'])).toEqual([['clinical']])
  expect(labelled[0]?.['exchange']).toMatch(/^[0-9A-Z]{26}$/)
  // What names nothing of it has seen nothing of it.
  expect(await answered(alice, 'resp_y', { ...SMALL, ...called('fresh') })).toBe(200)
})

test('what a person sends along with its id is no less of the conversation that it is from', async () => {
  const carol = as('carol')
  expect(await answered(carol, 'resp_c', { ...CHARTS, ...called('c') })).toBe(200)
  const input = [
    { type: 'message', id: 'msg_of_resp_c', role: 'assistant', status: 'completed', content: [] },
    { role: 'user', content: 'search' },
  ]
  expect(await answered(carol, 'resp_d', { ...SMALL, ...called('d'), input })).toBe(403)
})

test('a response goes on with all that its conversation saw, also after that went idle', async () => {
  const bob = as('bob')
  expect(await answered(bob, 'resp_1', { ...CHARTS, ...called('b') })).toBe(200)
  const first = last
  endLast()
  expect(await answered(bob, 'resp_2', { model: 'clinic-large', previous_response_id: 'resp_1', store: true })).toBe(
    200,
  )
  expect(last).not.toBe(first)
  expect(sessions.find(last)).toMatchObject({ labels: ['clinical'] })
  endLast()
  expect(await answered(bob, 'resp_3', { ...SMALL, previous_response_id: 'resp_2' })).toBe(403)
})

test('a conversation that the provider keeps has seen what was said in it at any time', async () => {
  const erin = as('erin')
  const kept = { conversation: { id: 'conv_1' } }
  expect(await answered(erin, 'resp_e1', { model: 'clinic-large', store: true, ...called('begins it') }, kept)).toBe(
    200,
  )
  expect(await answered(erin, 'resp_e2', { ...CHARTS, conversation: 'conv_1' }, kept)).toBe(200)
  endLast()
  expect(await answered(erin, 'resp_e3', { ...SMALL, conversation: 'conv_1' }, kept)).toBe(403)
})

test('who asks for no model that there is begins no conversation', async () => {
  const before = sessions.list({ most: 999 }).length
  expect(await answered(as('carol'), 'resp_n', { model: 'nope', store: false, ...called('never') })).toBe(404)
  expect(last).toBe('undefined')
  expect(sessions.list({ most: 999 })).toHaveLength(before)
})

test('what is read again brings along what its conversation saw', async () => {
  const alice = as('alice')
  expect(await answered(alice, 'resp_q', { ...CHARTS, ...called('read') })).toBe(200)
  expect(await answered(alice, 'resp_r', { model: 'clinic-large', store: true, ...called('read') })).toBe(200)
  endLast()
  provider.script = { protocol: 'any', status: 404, body: { error: { message: 'gone' } } }
  const answer = await rig.call('alice', '/v1/responses/resp_r')
  const { decision } = await rig.settled(exchangeOf(answer))
  expect(sessions.find(String(decision['session']))).toMatchObject({ labels: ['clinical'] })
})

test('a personal key goes on with what its person’s token has seen, and sees in a conversation of its own', async () => {
  const { id, text } = await rig.keys.make({
    principal: { type: 'User', id: 'alice' },
    models: ['charts', 'clinic-small'],
    actions: ['infer', 'store', 'use-stored'],
  })
  await rig.keys.change(id, ({ team: _none, ...rest }) => rest)
  expect(await answered(as('alice'), 'resp_t', { ...CHARTS, ...called('token') })).toBe(200)
  const key: Ask = (body) => rig.callWith(text, '/v1/responses', body)
  expect(await answered(key, 'resp_k0', { ...SMALL, ...called('of its own') })).toBe(200)
  expect(await answered(key, 'resp_k1', { ...SMALL, previous_response_id: 'resp_t' })).toBe(403)
  expect(await answered(key, 'resp_k2', { ...CHARTS, ...called('of the key') })).toBe(200)
  expect(await answered(key, 'resp_k3', { ...SMALL, ...called('of the key') })).toBe(403)
})
