import { expect, test } from 'bun:test'
import { NotFoundError } from 'openai'
import type { SeenRequest } from '#demo/seen.ts'
import { collect, model, startOpenAi, thrown } from './client.fixture.ts'

const { client, url } = startOpenAi()

test('a response is kept, as it is and as the stream that it was, until it is deleted', async () => {
  const made = await client().responses.create({ model, input: 'one two' })
  expect(await client().responses.retrieve(made.id)).toMatchObject({ id: made.id, output_text: 'one two' })
  const streamed = await collect(await client().responses.retrieve(made.id, { stream: true }))
  expect(streamed.map(({ type }) => type)).toContain('response.output_text.delta')
  const later = await collect(await client().responses.retrieve(made.id, { stream: true, starting_after: 7 }))
  expect(later.map(({ sequence_number }) => sequence_number)).toEqual([8, 9])
  const helper = client().responses.stream({ response_id: made.id, starting_after: 3 })
  expect((await helper.finalResponse()).output_text).toBe('one two')
  await client().responses.delete(made.id)
  const missing = await thrown(client().responses.retrieve(made.id))
  expect(missing).toBeInstanceOf(NotFoundError)
  expect(missing.message).toContain(`Response with id '${made.id}' not found.`)
})

test('what was not to be stored is not kept', async () => {
  const made = await client().responses.create({ model, input: 'x', store: false })
  expect((await thrown(client().responses.retrieve(made.id))).status).toBe(404)
  const next = client().responses.create({ model, input: 'y', previous_response_id: made.id })
  const refused = await thrown(next)
  expect([refused.status, refused.code, refused.param]).toEqual([
    400,
    'previous_response_not_found',
    'previous_response_id',
  ])
})

test('a conversation goes on from an earlier response', async () => {
  const first = await client().responses.create({ model, input: '[[tool:weather {"city":"Bern"}]]' })
  const [call] = first.output
  if (call?.type !== 'function_call') throw new Error('no call')
  const second = await client().responses.create({
    model,
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id: call.call_id, output: 'Rain.' }],
  })
  expect(second.output_text).toBe('Rain.')
  expect(second.previous_response_id).toBe(first.id)
  expect(second.usage?.input_tokens).toBe(3)
  const items = await collect(client().responses.inputItems.list(second.id, { order: 'asc' }))
  expect(items).toMatchObject([
    { type: 'message', role: 'user', content: [{ type: 'input_text' }], id: expect.any(String) },
    { type: 'function_call', name: 'weather' },
    { type: 'function_call_output', output: 'Rain.', id: expect.any(String) },
  ])
})

test('input items come in pages, the newest first', async () => {
  const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }))
  const made = await client().responses.create({ model, input })
  const page = await client().responses.inputItems.list(made.id, { limit: 2 })
  expect(page.data).toMatchObject([{ content: [{ text: 'c' }] }, { content: [{ text: 'b' }] }])
  expect(page.has_more).toBe(true)
  expect((await collect(page)).length).toBe(3)
})

test('a response in the background is queued, and has ended when it is asked for', async () => {
  const made = await client().responses.create({ model, input: 'later', background: true })
  expect([made.status, made.output]).toEqual(['queued', []])
  const ended = await client().responses.retrieve(made.id)
  expect([ended.status, ended.output_text]).toEqual(['completed', 'later'])
  expect((await client().responses.cancel(made.id)).status).toBe('completed')
  const other = await client().responses.create({ model, input: 'never', background: true })
  expect((await client().responses.cancel(other.id)).status).toBe('cancelled')
  expect((await client().responses.retrieve(other.id)).status).toBe('cancelled')
  const streamed = await client().responses.create({ model, input: 'x', background: true, stream: true })
  expect((await collect(streamed)).slice(0, 3).map(({ type }) => type)).toEqual([
    'response.created',
    'response.queued',
    'response.in_progress',
  ])
  const plain = await client().responses.create({ model, input: 'x' })
  expect((await thrown(client().responses.cancel(plain.id))).status).toBe(400)
})

test('an input is counted and compacted', async () => {
  const counted = await client().responses.inputTokens.count({ model, input: 'one two', instructions: 'Be brief.' })
  expect(counted as unknown).toMatchObject({ object: 'response.input_tokens', input_tokens: 4 })
  const compacted = await client().responses.compact({
    model,
    input: [
      { role: 'user', content: 'one two' },
      { role: 'assistant', content: 'secret plan' },
    ],
  })
  expect(compacted.object).toBe('response.compaction')
  expect(compacted.output).toMatchObject([{ type: 'message', role: 'user' }, { type: 'compaction' }])
  expect(JSON.stringify(compacted)).not.toContain('secret plan')
  const input = compacted.output as never
  expect((await client().responses.create({ model, input })).output_text).toBe('one two')
})

test('only what is posted is counted, and everything is seen', async () => {
  const count = async () => Number(await (await fetch(`${url()}/count`)).text())
  const made = await client().responses.create({ model, input: 'x' })
  await fetch(`${url()}/seen`, { method: 'DELETE' })
  const before = await count()
  await client().responses.retrieve(made.id)
  await client().responses.inputItems.list(made.id)
  await client().responses.delete(made.id)
  await client().responses.inputTokens.count({ model, input: 'x' })
  expect(await count()).toBe(before + 1)
  const seen = (await (await fetch(`${url()}/seen`)).json()) as SeenRequest[]
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET /v1/responses/${made.id}`,
    `GET /v1/responses/${made.id}/input_items`,
    `DELETE /v1/responses/${made.id}`,
    'POST /v1/responses/input_tokens',
  ])
})
