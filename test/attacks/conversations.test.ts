// Threat: a person's own token, with no bounds of its own, is used without end: what policy says of calls, tokens and findings holds for
// conversations, too, a second late at most, whichever worker counted; also where a worker stops in between.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Scripted, startScripted } from '../doubles/scripted-provider.ts'
import { exchangeOf, says } from '../rig.ts'
import { bearer } from './key-world.ts'
import { ask, CHAT, type SessionWorld, startSessionWorld } from './session-world.ts'

const ENOUGH = `@id("clinicians-infer")
permit (principal in Team::"clinicians", action, resource);
@id("enough")
forbid (principal, action, resource)
when { context has session && context.session.kind == "implicit" && context.session.calls >= 3 && context.session.tokens >= 126 };
`

let provider: Scripted
let world: SessionWorld
beforeAll(async () => {
  provider = startScripted()
  provider.script = {
    protocol: 'any',
    status: 200,
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'theirs',
      choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 },
    },
  }
  world = await startSessionWorld({ policies: ENOUGH, provider: provider.url })
})
afterAll(async () => {
  await world.stop()
  await provider.stop()
})

test('calls and tokens of a conversation are what policy sees of it', async () => {
  const headers = bearer(await world.rig.issuer.mint('alice', { groups: ['clinicians'] }))
  const send = (): Promise<Response> => ask(world, headers, CHAT, { model: 'clinic-small', messages: says('hello') })
  const answers = [await send(), await send(), await send()]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const { decision } = await world.rig.settled(exchangeOf(answers[0] ?? new Response()))
  const session = String(decision['session'])
  const began = performance.now()
  while (world.sessions.find(session)?.tokens !== 126 && performance.now() - began < 4_000) await Bun.sleep(10)
  expect(world.sessions.find(session)).toMatchObject({ calls: 3, tokens: 126, flags: 0 })
  const more = await send()
  expect(more.status).toBe(403)
  const denied = await world.rig.settled(exchangeOf(more))
  expect(denied.decision).toMatchObject({ session, policies: ['enough'] })
})

test('a worker that stops has told of them by then', async () => {
  const other = await startSessionWorld({ policies: ENOUGH, provider: provider.url })
  const headers = bearer(await other.rig.issuer.mint('alice', { groups: ['clinicians'] }))
  const answer = await ask(other, headers, CHAT, { model: 'clinic-small', messages: says('hello') })
  await answer.text()
  const { decision } = await other.rig.settled(exchangeOf(answer))
  await other.rig.stop()
  expect(other.sessions.find(String(decision['session']))).toMatchObject({ calls: 1, tokens: 42 })
  other.sessions.close()
})
