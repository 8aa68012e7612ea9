// The list of models, page by page, and one of them: which there are is the caller's business, their shape is ours.
import assert from 'node:assert/strict'
import { BadRequestError } from '@anthropic-ai/sdk'
import { collect } from '../openai/client.ts'
import type { Case } from '../suite.ts'
import { clientOf, MODEL } from './client.ts'

export const models: readonly Case[] = [
  {
    name: 'models.list',
    run: async (side) => {
      const listed = await collect(clientOf(side).models.list())
      assert.ok(listed.some(({ id }) => id === MODEL))
      return [...new Set(listed.map((model) => JSON.stringify(shapeOf(model))))]
    },
  },
  {
    name: 'models.list, page by page',
    run: async (side) => {
      const { models: list } = clientOf(side)
      const all = (await collect(list.list())).map(({ id }) => id)
      const page = await list.list({ limit: 1 })
      const paged: string[] = []
      let pages = 0
      for await (const each of page.iterPages()) {
        pages += 1
        paged.push(...each.data.map(({ id }) => id))
      }
      assert.deepEqual(paged, all)
      // The demo provider has one page, whatever is asked for.
      if (side.name === 'gate') assert.equal(pages, all.length)
      const after = await list.list({ after_id: all.at(-1) ?? '', limit: 1_000 })
      const before = await list.list({ before_id: all[1] ?? '', limit: 1 })
      if (side.name === 'gate') assert.deepEqual([after.data.length, before.data.map(({ id }) => id)], [0, [all[0]]])
      assert.deepEqual([page.first_id, before.first_id], [all[0], all[0]])
      const staged = await collect(list.list({ lifecycle: ['active', 'deprecated'] }))
      assert.deepEqual(
        staged.map(({ id }) => id),
        all,
      )
      return Object.keys(after).filter((key) => key.endsWith('_id') || key === 'has_more')
    },
  },
  {
    name: 'models.retrieve',
    run: async (side) => {
      const model = await clientOf(side).models.retrieve(MODEL)
      assert.deepEqual([model.id, model.type], [MODEL, 'model'])
      return shapeOf(model)
    },
  },
  {
    name: 'beta: models',
    run: async (side) => {
      const { models: beta } = clientOf(side).beta
      const listed = await collect(beta.list({ limit: 1 }))
      const { id } = await beta.retrieve(MODEL)
      assert.ok(listed.some((model) => model.id === id))
      return id
    },
  },
  {
    name: 'a page that is none',
    run: async (side) => {
      // Only the gate reads the query.
      if (side.name === 'direct') return 'BadRequestError'
      const error = await clientOf(side)
        .models.list({ limit: 0 })
        .then(
          () => assert.fail('the list was given'),
          (caught: unknown) => caught,
        )
      assert.ok(error instanceof BadRequestError)
      assert.match(error.message, /`limit`/)
      return error.constructor.name
    },
  },
]

/** What may be null counts as what it may be. */
function shapeOf(value: object): [string, string][] {
  return Object.entries(value)
    .map(([key, each]): [string, string] => [key, key.startsWith('max_') ? 'number or null' : typeof each])
    .sort(([left], [right]) => left.localeCompare(right))
}
