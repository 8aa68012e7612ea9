// What a provider keeps for a caller who may have it kept: read again, as it is or as the stream that it was, continued, listed,
// cancelled, deleted. Nobody else gets at it.
import assert from 'node:assert/strict'
import { BadRequestError, NotFoundError } from 'openai'
import type { Case, Side } from '../suite.ts'
import { clientOf, collect, permitted, stripped, user } from './client.ts'
import { refused } from './refused.ts'

const SENTENCE = 'The harbor opens at seven'

function apiOf(side: Side) {
  return clientOf(permitted(side)).responses
}

export const responseState: readonly Case[] = [
  {
    name: 'responses: stored, retrieved, deleted, gone',
    run: async (side) => {
      const api = apiOf(side)
      const made = await api.create({ model: side.model, store: true, input: SENTENCE, metadata: { ward: 'north' } })
      assert.equal(Reflect.get(made, 'store'), true)
      const again = await api.retrieve(made.id)
      assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(made)))
      assert.equal(again.output_text, SENTENCE)
      const more = await api.retrieve(made.id, { include: ['message.output_text.logprobs'] })
      assert.equal(more.id, made.id)
      const deleted: unknown = await api.delete(made.id)
      const { common } = await refused(side, NotFoundError, 404, () => api.retrieve(made.id))
      return [stripped(made), stripped(again), stripped(deleted), common]
    },
  },
  {
    name: 'responses: whoever may store does so without asking',
    run: async (side) => {
      const api = apiOf(side)
      const { id } = await api.create({ model: side.model, input: SENTENCE })
      return stripped(await api.retrieve(id))
    },
  },
  {
    name: 'responses: retrieved as a stream, from the beginning and from the middle',
    run: async (side) => {
      const api = apiOf(side)
      const { id } = await api.create({ model: side.model, store: true, input: SENTENCE })
      const whole = await collect(await api.retrieve(id, { stream: true }))
      const rest = await collect(await api.retrieve(id, { stream: true, starting_after: 4 }))
      assert.deepEqual(rest, whole.slice(5))
      const seen: number[] = []
      const runner = api.stream({ response_id: id, starting_after: 4 })
      runner.on('event', ({ sequence_number }) => seen.push(sequence_number))
      const final = await runner.finalResponse()
      assert.equal(final.output_text, SENTENCE)
      assert.equal(seen[0], 5)
      return [whole.map(stripped), rest.map(stripped), stripped(final)]
    },
  },
  {
    name: 'responses.inputItems.list, page by page',
    run: async (side) => {
      const api = apiOf(side)
      const input = ['one', 'two', 'three', 'four', 'five'].map(user)
      const { id } = await api.create({ model: side.model, store: true, input })
      const first = await api.inputItems.list(id, { limit: 2, order: 'asc' })
      assert.equal(first.data.length, 2)
      assert.equal(first.hasNextPage(), true)
      const second = await first.getNextPage()
      const all = await collect(api.inputItems.list(id, { limit: 2, order: 'asc' }))
      const back = await collect(api.inputItems.list(id, { include: ['message.input_image.image_url'] }))
      const texts = (items: readonly unknown[]) => items.map((item) => /"text":"(\w+)"/.exec(JSON.stringify(item))?.[1])
      assert.deepEqual(texts(second.data), ['three', 'four'])
      assert.deepEqual(texts(all), ['one', 'two', 'three', 'four', 'five'])
      assert.deepEqual(texts(back), ['five', 'four', 'three', 'two', 'one'])
      return stripped(all)
    },
  },
  {
    name: 'responses: previous_response_id continues a conversation',
    run: async (side) => {
      const api = apiOf(side)
      const first = await api.create({ model: side.model, instructions: 'Be brief.', input: 'one two' })
      const second = await api.create({ model: side.model, previous_response_id: first.id, input: 'three' })
      assert.equal(second.previous_response_id, first.id)
      assert.equal(second.instructions, null)
      // All that was read and said before is read once more.
      assert.equal(second.usage?.input_tokens, 5)
      const streamed = api.stream({ model: side.model, previous_response_id: second.id, input: 'four' })
      const third = await streamed.finalResponse()
      assert.equal(third.usage?.input_tokens, 7)
      const counted = await api.inputTokens.count({ model: side.model, previous_response_id: third.id, input: 'five' })
      assert.equal(counted.input_tokens, 9)
      const compacted = await api.compact({ model: side.model, previous_response_id: third.id })
      return [stripped(second), stripped(third), compacted.output.map(({ type }) => type)]
    },
  },
  {
    name: 'responses: an item that was kept is referred to',
    run: async (side) => {
      const api = apiOf(side)
      const first = await api.create({ model: side.model, store: true, input: SENTENCE })
      const [message] = first.output
      assert.ok(message?.type === 'message')
      const second = await api.create({
        model: side.model,
        input: [{ type: 'item_reference', id: message.id }, user('And then?')],
      })
      assert.equal(second.output_text, 'And then?')
      return stripped(second)
    },
  },
  {
    name: 'responses: in the background, asked for until it is done',
    run: async (side) => {
      const api = apiOf(side)
      const queued = await api.create({ model: side.model, background: true, input: SENTENCE })
      assert.equal(queued.status, 'queued')
      const done = await api.retrieve(queued.id)
      assert.deepEqual([done.status, done.output_text], ['completed', SENTENCE])
      return [stripped(queued), stripped(done)]
    },
  },
  {
    name: 'responses: in the background, cancelled',
    run: async (side) => {
      const api = apiOf(side)
      const { id } = await api.create({ model: side.model, background: true, input: SENTENCE })
      const cancelled = await api.cancel(id)
      assert.equal(cancelled.status, 'cancelled')
      const other = await api.create({ model: side.model, input: SENTENCE })
      const { common } = await refused(side, BadRequestError, 400, () => api.cancel(other.id))
      return [stripped(cancelled), common]
    },
  },
  {
    name: 'responses: a stream in the background is left and taken up again',
    run: async (side) => {
      const api = apiOf(side)
      const stream = await api.create({ model: side.model, background: true, stream: true, input: SENTENCE })
      let id = ''
      let last = -1
      const texts: string[] = []
      for await (const event of stream) {
        if (event.type === 'response.created') id = event.response.id
        if (event.type === 'response.output_text.delta') texts.push(event.delta)
        last = event.sequence_number
        if (texts.length === 2) break
      }
      for await (const event of await api.retrieve(id, { stream: true, starting_after: last })) {
        if (event.type === 'response.output_text.delta') texts.push(event.delta)
      }
      assert.equal(texts.join(''), SENTENCE)
      return texts.join('')
    },
  },
  {
    name: "responses: another's is not found, whatever is asked of it",
    run: async (side) => {
      const theirs = await apiOf(side).create({ model: side.model, store: true, input: SENTENCE })
      // Directly everybody is the same caller, and only what never was is not found.
      const id = side.name === 'gate' ? theirs.id : 'resp_none'
      const api = clientOf(side).responses
      const asked = [
        () => api.retrieve(id),
        async () => collect(await api.retrieve(id, { stream: true })),
        () => api.cancel(id),
        () => api.delete(id),
        () => collect(api.inputItems.list(id)),
      ]
      const all: object[] = []
      for (const ask of asked) all.push((await refused(side, NotFoundError, 404, ask)).common)
      const still = await apiOf(side).retrieve(theirs.id)
      assert.equal(still.output_text, SENTENCE)
      return all
    },
  },
]
