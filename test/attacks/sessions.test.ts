// Threat: a session that was begun for one thing is used for another: other models, acts that it is not trusted with yet, more calls
// than it was given, what another session of the same person had stored. Each is a no, in the record, and whoever goes on ends it.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Session } from '#access/session.ts'
import { type Scripted, startScripted } from '../doubles/scripted-provider.ts'
import { exchangeOf, says } from '../rig.ts'
import {
  ask,
  boundsOf,
  CHAT,
  dpop,
  nonceOf,
  ORIGIN,
  proofOf,
  type SessionWorld,
  startSessionWorld,
} from './session-world.ts'

const EVERYTHING = '@id("clinicians-do-everything")\npermit (principal in Team::"clinicians", action, resource);\n'
const ACTIONS = ['infer', 'store', 'use-stored', 'fetch-url']
const MODELS = ['clinic-large', 'clinic-records', 'clinic-small']

let provider: Scripted
let world: SessionWorld
let nonce = ''
beforeAll(async () => {
  provider = startScripted()
  world = await startSessionWorld({ policies: EVERYTHING, provider: provider.url })
  nonce = await nonceOf(world)
})
afterAll(async () => {
  await world.stop()
  await provider.stop()
})

const task = (models: readonly string[], actions: readonly string[] = ACTIONS) =>
  ({ type: 'letters', models, actions, tools: [], output: 'text' }) as const

const chat = (model: string) => ({ model, messages: says('hello') })

const any = { protocol: 'any', status: 200 } as const

let answers = 0

/** With a token and a proof that are right in every way. */
function send(session: Session, path: string, body: object, says?: object): Promise<Response> {
  answers += 1
  provider.script = { protocol: 'any', status: 200, body: says ?? chatAnswer(answers) }
  const token = world.token(session)
  return ask(
    world,
    dpop(token, proofOf(world.holder, token, { claims: { nonce, htu: `${ORIGIN}${path}` } })),
    path,
    body,
  )
}

const chatAnswer = (n: number): object => ({
  id: `chatcmpl-${n}`,
  object: 'chat.completion',
  created: 1,
  model: 'theirs',
  choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 },
})

const stored = (id: string): object => ({
  id,
  object: 'response',
  created_at: 1,
  model: 'theirs',
  status: 'completed',
  error: null,
  store: true,
  output: [{ type: 'message', id: `${id}_item`, status: 'completed', role: 'assistant', content: [] }],
})

async function told(answer: Response): Promise<readonly [number, string]> {
  const { error } = (await answer.json()) as { error: { message: string } }
  return [answer.status, error.message.replace(/ ?\(exchange .*/, '').replace(/ Why: .*/, '')]
}

test('what is beyond the declared task is refused, and whoever keeps trying ends the session', async () => {
  const session = world.begin({ tier: 2, task: task(['clinic-small']), bounds: boundsOf({ outOfScope: 2 }) })
  expect((await send(session, CHAT, chat('clinic-small'))).status).toBe(200)

  const first = await send(session, CHAT, chat('clinic-large'))
  const { decision, outcome } = await world.rig.settled(exchangeOf(first))
  expect(decision).toMatchObject({ decision: 'deny', session: session.id })
  expect(outcome['attempts']).toBeUndefined()
  expect(await told(first)).toEqual([403, `Not permitted: session ${session.id} is not for \`clinic-large\`.`])
  expect((await send(session, CHAT, chat('clinic-small'))).status).toBe(200)

  expect((await send(session, CHAT, chat('clinic-large'))).status).toBe(403)
  expect(await told(await send(session, CHAT, chat('clinic-small')))).toEqual([
    401,
    'The session has ended: it kept asking for what it was not begun for. Begin a new one.',
  ])
  const signs = (await world.rig.entries()).filter(({ kind }) => kind === 'indicator')
  expect(
    signs.filter((sign) => sign['indicator'] === 'session-out-of-scope' && sign['subject'] === session.id),
  ).toHaveLength(2)
})

test('in tier 3 a session earns what it may do: reads first, then what can be undone, the rest by a person', async () => {
  const session = world.begin({ task: task(MODELS), bounds: boundsOf({ clean: 2 }) })
  const store = { model: 'clinic-small', input: 'Hi', store: true }
  const fetches = {
    model: 'clinic-small',
    messages: [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://pictures.example/one.png' } }] },
    ],
  }
  const early = await send(session, '/v1/responses', store)
  expect((await told(early))[0]).toBe(403)
  expect(world.sessions.find(session.id)).toMatchObject({ trust: 'initial', outOfScope: 0 })

  for (let call = 0; call < 2; call++) expect((await send(session, CHAT, chat('clinic-small'))).status).toBe(200)
  expect(world.sessions.find(session.id)?.trust).toBe('standard')
  expect((await send(session, '/v1/responses', store, stored('resp_earned'))).status).toBe(200)
  expect((await send(session, CHAT, fetches)).status).toBe(403)

  expect(world.sessions.elevate(session.id)).toBe(true)
  expect((await send(session, CHAT, fetches)).status).toBe(200)
})

test('a call in which something was found counts as none towards trust', async () => {
  const session = world.begin({ tier: 3, task: task(MODELS), bounds: boundsOf({ clean: 2 }) })
  const key = ['AKIA', 'Z7VQ4XK2', 'M5RJT3NW'].join('')
  expect((await send(session, CHAT, chat('clinic-small'))).status).toBe(200)
  const leaks = {
    ...chatAnswer(0),
    choices: [{ index: 0, message: { role: 'assistant', content: `It is ${key}` }, finish_reason: 'stop' }],
  }
  expect((await send(session, CHAT, chat('clinic-small'), leaks)).status).toBe(200)
  expect(world.sessions.find(session.id)).toMatchObject({
    trust: 'initial',
    clean: 0,
    flags: 1,
    labels: ['credentials'],
  })
  const labels = (await world.rig.entries()).filter(
    (entry) => entry.kind === 'session' && entry['session'] === session.id,
  )
  expect(labels.map((entry) => [entry['what'], entry['labels']])).toEqual([['label', ['credentials']]])
})

test('trust is earned by whole answers of models alone, and by nothing else that is asked', async () => {
  const session = world.begin({ tier: 3, task: task(MODELS), bounds: boundsOf({ clean: 2 }) })
  const earned = (): unknown => world.sessions.find(session.id)?.clean
  const script = async (status: number, path: string, body: object, says: object): Promise<number> => {
    provider.script = { protocol: 'any', status, body: says }
    const token = world.token(session)
    const proof = proofOf(world.holder, token, { claims: { nonce, htu: `${ORIGIN}${path}` } })
    return (await ask(world, dpop(token, proof), path, body)).status
  }
  const failed = { error: { message: 'no', type: 'server_error' } }
  expect(await script(500, CHAT, chat('clinic-small'), failed)).toBe(500)
  expect(await script(400, CHAT, chat('clinic-small'), failed)).toBe(400)
  expect(await script(200, CHAT, chat('clinic-small'), { nothing: 'of a chat' })).toBe(502)
  const counted = { object: 'response.input_tokens', input_tokens: 3 }
  expect(await script(200, '/v1/responses/input_tokens', { model: 'clinic-small', input: 'Hi' }, counted)).toBe(200)
  expect(earned()).toBe(0)
  expect(await script(200, CHAT, chat('clinic-small'), chatAnswer(1))).toBe(200)
  expect(earned()).toBe(1)
})

test('what was blocked is found, too: it begins the row of clean calls anew, for all of one origin', async () => {
  const parent = world.begin({ tier: 3, task: task(MODELS), bounds: boundsOf({ clean: 3 }) })
  const child = world.begin({ tier: 3, parent: parent.id, task: task(MODELS), bounds: boundsOf({ clean: 3 }) })
  const key = ['AKIA', 'Z7VQ4XK2', 'M5RJT3NW'].join('')
  expect((await send(parent, CHAT, chat('clinic-small'))).status).toBe(200)
  expect(world.sessions.find(parent.id)).toMatchObject({ clean: 1 })
  const leaking = { model: 'clinic-records', messages: says(`my key is ${key}`) }
  const blocked = await told(await send(child, CHAT, leaking))
  expect([blocked[0], blocked[1].slice(0, 31)]).toEqual([403, 'The request holds a credential '])
  expect(world.sessions.find(child.id)).toMatchObject({ flags: 1, clean: 0, calls: 0 })
  expect(world.sessions.find(parent.id)).toMatchObject({ flags: 1, clean: 0, calls: 1 })
})

test('an answer that was blocked for what it holds leaves the label of that, whole or as a stream', async () => {
  const key = ['AKIA', 'Z7VQ4XK2', 'M5RJT3NW'].join('')
  const leaks = { role: 'assistant', content: `It is ${key} .` }
  for (const stream of [false, true]) {
    const session = world.begin({ tier: 3, task: task(MODELS) })
    const token = world.token(session)
    provider.script = stream
      ? { protocol: 'openai-chat', choices: [{ content: `${'word '.repeat(400)}${leaks.content} And more.` }] }
      : { ...any, body: { ...chatAnswer(7), choices: [{ index: 0, message: leaks, finish_reason: 'stop' }] } }
    const proof = proofOf(world.holder, token, { claims: { nonce } })
    const answer = await ask(world, dpop(token, proof), CHAT, { ...chat('clinic-records'), stream })
    const text = await answer.text()
    expect(text).toContain('holds a credential')
    expect(text).not.toContain(key)
    await world.rig.settled(exchangeOf(answer))
    expect(world.sessions.find(session.id)).toMatchObject({ flags: 1, labels: ['credentials'] })
  }
})

test('a session is for systems of its own tier, whatever became of a system since it began', async () => {
  const session = world.begin({ tier: 2, task: task(MODELS) })
  expect((await send(session, CHAT, chat('clinic-small'))).status).toBe(200)
  expect(await told(await send(session, CHAT, chat('clinic-records')))).toEqual([
    403,
    '`clinic-records` belongs to a system of tier 3, and the session is of tier 2: begin one for it.',
  ])
  expect(world.sessions.find(session.id)).toMatchObject({ outOfScope: 1 })
})

test('a session that a key and a network began reaches nothing above tier 1, whatever its row says it is for', async () => {
  const { id } = await world.rig.keys.make({ models: MODELS, team: 'clinicians' })
  const proof = { method: 'key-and-network', issuer: 'sallyport', key: id, issuedAt: 1, expiresAt: 2 } as const
  const principal = { type: 'App', id: 'intake', groups: ['clinicians'], attributes: {}, proof } as const
  const session = world.begin({ principal, task: task(MODELS) })
  expect((await send(session, CHAT, chat('clinic-small'))).status).toBe(200)
  expect(await told(await send(session, CHAT, chat('clinic-records')))).toEqual([
    403,
    '`clinic-records` belongs to a system of tier 3, and what the session was begun with is proof enough in tier 1 only.',
  ])
  expect(world.sessions.find(session.id)).toMatchObject({ outOfScope: 1 })
})

test('its calls and its tokens are bounds, and the provider sees not one call more', async () => {
  const calls = world.begin({ bounds: boundsOf({ calls: 3 }) })
  const statuses: number[] = []
  for (let call = 0; call < 5; call++) statuses.push((await send(calls, CHAT, chat('clinic-small'))).status)
  expect(statuses).toEqual([200, 200, 200, 401, 401])
  expect(world.sessions.find(calls.id)).toMatchObject({ calls: 3, tokens: 126, ended: { why: 'calls', by: 'gate' } })

  const tokens = world.begin({ bounds: boundsOf({ tokens: 80 }) })
  const spent: number[] = []
  for (let call = 0; call < 4; call++) spent.push((await send(tokens, CHAT, chat('clinic-small'))).status)
  // 42 each: the second begins below the bound, the third does not.
  expect(spent).toEqual([200, 200, 401, 401])
  expect(world.sessions.find(tokens.id)).toMatchObject({ calls: 2, tokens: 84, ended: { why: 'tokens' } })
})

test('fifty calls at once are as many as the bound, and no more', async () => {
  const session = world.begin({ bounds: boundsOf({ calls: 7 }) })
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async () => (await send(session, CHAT, chat('clinic-small'))).status),
  )
  expect(statuses.filter((status) => status === 200)).toHaveLength(7)
  expect(statuses.filter((status) => status === 401)).toHaveLength(43)
})

test('what one session had stored is nothing to another, not even of the same person and application', async () => {
  const mine = world.begin({ tier: 2, task: task(MODELS) })
  const other = world.begin({ tier: 2, task: task(MODELS), bounds: boundsOf({ misuse: 2 }) })
  const store = { model: 'clinic-small', input: 'Hi', store: true }
  expect((await send(mine, '/v1/responses', store, stored('resp_mine'))).status).toBe(200)
  const goOn = { model: 'clinic-small', input: 'Hi', previous_response_id: 'resp_mine' }
  expect((await send(mine, '/v1/responses', goOn, stored('resp_next'))).status).toBe(200)

  const never = await told(await send(other, '/v1/responses', { ...goOn, previous_response_id: 'resp_never' }))
  expect(await told(await send(other, '/v1/responses', goOn))).toEqual(never)
  expect(never[0]).toBe(404)
  expect(world.sessions.find(other.id)).toMatchObject({ misuse: 1 })
  // With her own token she is outside of every session.
  expect((await world.rig.call('alice', '/v1/responses', goOn)).status).toBe(404)

  expect((await send(other, '/v1/responses', goOn)).status).toBe(404)
  expect(world.sessions.find(other.id)).toMatchObject({ ended: { why: 'misuse', by: 'gate' } })
})

test('a conversation is one session for its person, and another for everybody else who calls theirs the same', async () => {
  const chatIn = (conversation: string) => ({ ...chat('clinic-small'), metadata: { conversation_id: conversation } })
  const sessionAt = async (person: 'alice' | 'bob', conversation: string): Promise<unknown> => {
    provider.script = { protocol: 'any', status: 200, body: chatAnswer(1) }
    const answer = await world.rig.call(person, CHAT, chatIn(conversation))
    const { decision } = await world.rig.settled(exchangeOf(answer))
    return decision['session']
  }
  const first = await sessionAt('alice', 'referral')
  expect(first).toMatch(/^[0-9A-Z]{26}$/)
  expect(await sessionAt('alice', 'referral')).toBe(first)
  expect(await sessionAt('alice', 'another')).not.toBe(first)
  expect(await sessionAt('bob', 'referral')).not.toBe(first)
  // Whoever knows the id of a session cannot choose it.
  expect(await sessionAt('bob', String(first))).not.toBe(first)
  expect(world.sessions.find(String(first))).toMatchObject({
    session: { kind: 'implicit', principal: { id: 'alice' } },
  })
})
