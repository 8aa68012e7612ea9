// Embeddings, moderations and the list of models.
import assert from 'node:assert/strict'
import { BadRequestError, NotFoundError, PermissionDeniedError, RateLimitError } from 'openai'
import type { Case, Side } from '../suite.ts'
import { arrived } from './as-sent.ts'
import { clientOf, collect, newMark, seenWith, stripped } from './client.ts'
import { refused } from './refused.ts'

const EMBED = 'clinic-embed'
const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='

function embed(side: Side, body: object) {
  return clientOf(side).embeddings.create({ model: EMBED, input: 'harbor', ...body })
}

export const vectors: readonly Case[] = [
  {
    name: 'embeddings: as the client asks for them, as numbers, and as base64',
    run: async (side) => {
      const own = await embed(side, {})
      const numbers = await embed(side, { encoding_format: 'float' })
      const text = await embed(side, { encoding_format: 'base64' })
      assert.equal(own.data[0]?.embedding.length, 1_536)
      assert.equal(own.model, EMBED)
      // The client asks for base64 by itself, and reads the floats out of it.
      const decoded = Buffer.from(String(text.data[0]?.embedding), 'base64')
      assert.equal(decoded.length, 1_536 * 4)
      for (const [index, value] of own.data[0]?.embedding.entries() ?? []) {
        assert.equal(decoded.readFloatLE(index * 4), value)
        assert.equal(Math.fround(numbers.data[0]?.embedding[index] ?? 0), value)
      }
      return [own, numbers, text]
    },
  },
  {
    name: 'embeddings: dimensions, and many inputs of text and of tokens',
    run: async (side) => {
      const texts = await embed(side, { input: ['harbor', 'ward'], dimensions: 4 })
      const tokens = await embed(side, { input: [9906, 1917], dimensions: 4 })
      const many = await embed(side, { input: [[9906], [1917, 0]], dimensions: 4, encoding_format: 'float' })
      assert.deepEqual(
        [texts, tokens, many].map(({ data }) => data.map(({ index, embedding }) => [index, embedding.length])),
        [
          [
            [0, 4],
            [1, 4],
          ],
          [[0, 4]],
          [
            [0, 4],
            [1, 4],
          ],
        ],
      )
      return [texts, tokens, many]
    },
  },
  {
    name: 'embeddings: a batch of 200 texts',
    run: async (side) => {
      const input = Array.from({ length: 200 }, (_, number) => `text ${number}`)
      const { data, usage } = await embed(side, { input, dimensions: 256 })
      assert.deepEqual(
        data.map(({ index }) => index),
        input.map((_, index) => index),
      )
      return [data.at(-1)?.embedding, usage]
    },
  },
  {
    name: 'embeddings: every parameter arrives',
    run: async (side) => {
      const mark = newMark()
      await embed(side, { input: [mark], user: 'ann', dimensions: 3, encoding_format: 'float' })
      return arrived(side, mark)
    },
  },
  {
    name: 'embeddings: errors',
    run: async (side) => {
      const limited = await refused(side, RateLimitError, 429, async () => embed(side, { input: '[[status:429]]' }))
      const wrong = await refused(side, BadRequestError, 400, async () => embed(side, { dimensions: 'many' }))
      const denied = await refused(side, PermissionDeniedError, 403, async () =>
        side.denied
          ? embed({ ...side, credential: side.denied.credential }, {})
          : embed(side, { input: '[[status:403]]' }),
      )
      const unknown = await refused(side, NotFoundError, 404, async () =>
        side.name === 'gate' ? embed(side, { model: 'no-such-model' }) : embed(side, { input: '[[status:404]]' }),
      )
      return [limited, wrong, denied, unknown].map(({ common }) => common)
    },
  },
  {
    name: 'moderations: a text, texts, and parts with an image',
    run: async (side) => {
      const { model } = side
      const api = clientOf(side).moderations
      const one = await api.create({ model, input: 'I would never harm anyone' })
      const many = await api.create({ model, input: ['hello', 'I hate rain'] })
      const parts = await api.create({
        model,
        input: [
          { type: 'text', text: 'a kill shot' },
          { type: 'image_url', image_url: { url: PIXEL } },
        ],
      })
      assert.equal(one.results[0]?.categories.violence, true)
      assert.equal(one.model, model)
      assert.deepEqual(
        many.results.map(({ flagged }) => flagged),
        [false, true],
      )
      assert.deepEqual(parts.results[0]?.category_applied_input_types.violence, ['text', 'image'])
      return [one, many, parts].map(stripped)
    },
  },
  {
    name: 'moderations: an image to fetch, denied and permitted',
    run: async (side) => {
      const ask = (as: Side, text: string) =>
        clientOf(as).moderations.create({
          model: side.model,
          input: [
            { type: 'image_url', image_url: { url: 'https://files.example/a.png' } },
            { type: 'text', text },
          ],
        })
      const text = side.name === 'gate' ? 'hello' : '[[status:403]]'
      const { error, common } = await refused(side, PermissionDeniedError, 403, async () => ask(side, text))
      if (side.name === 'gate') assert.equal(error.param, 'input[0].image_url.url')
      const credential = side.permitted ?? side.credential
      return [common, stripped(await ask({ ...side, credential }, 'hello'))]
    },
  },
  {
    name: 'moderations: what is sent arrives, and a model has to be named',
    run: async (side) => {
      const mark = newMark()
      await clientOf(side).moderations.create({ model: side.model, input: mark })
      if (side.name === 'gate') {
        const { error } = await refused(side, BadRequestError, 400, async () =>
          clientOf(side).moderations.create({ input: 'hello' }),
        )
        assert.equal(error.param, 'model')
      }
      const [seen] = await seenWith(side, mark)
      // There is no field that names a person.
      return seen?.body.replace(/"model":"[^"]*"/, '"model":"…"').replaceAll(mark, 'mark')
    },
  },
  {
    name: 'models: the list is what the caller may use',
    run: async (side) => {
      const namesOf = async (credential: string) =>
        (await collect(clientOf({ ...side, credential }).models.list())).map(({ id }) => id)
      const own = await namesOf(side.credential)
      assert.ok(own.includes('clinic-large'))
      if (side.denied) assert.equal((await namesOf(side.denied.credential)).includes('clinic-large'), false)
      const page = await clientOf(side).models.list()
      assert.equal(page.hasNextPage(), false)
      return page.object
    },
  },
]
