// Completions of the old kind: prompts of text and of tokens, choices, echoes, log-probabilities, streams.
import assert from 'node:assert/strict'
import { APIError, BadRequestError, PermissionDeniedError, RateLimitError } from 'openai'
import type { Case, Side } from '../suite.ts'
import { arrived } from './as-sent.ts'
import { clientOf, collect, newMark, stripped } from './client.ts'
import { soonEnough } from './leaving.ts'
import { refused } from './refused.ts'

const SENTENCE = 'The harbor opens at seven in the morning'

function streamed(side: Side, prompt: string | string[], more: object = {}) {
  return clientOf(side).completions.create({ model: side.model, stream: true, prompt, ...more })
}

export const completions: readonly Case[] = [
  {
    name: 'completions: several prompts, several choices each',
    run: async (side) => {
      const api = clientOf(side).completions
      const answer = await api.create({ model: side.model, prompt: ['one two', 'three'], n: 2 })
      assert.deepEqual(
        answer.choices.map(({ index, text }) => [index, text]),
        [
          [0, 'one two'],
          [1, 'one two'],
          [2, 'three'],
          [3, 'three'],
        ],
      )
      assert.equal(answer.model, side.model)
      return stripped(answer)
    },
  },
  {
    name: 'completions: prompts of tokens',
    run: async (side) => {
      const api = clientOf(side).completions
      const one = await api.create({ model: side.model, prompt: [9906, 1917] })
      const many = await api.create({ model: side.model, prompt: [[9906], [1917, 0]] })
      assert.equal(one.choices[0]?.text, 'Received: 2 tokens.')
      assert.deepEqual(
        many.choices.map(({ text }) => text),
        ['Received: 1 tokens.', 'Received: 2 tokens.'],
      )
      return [stripped(one), stripped(many)]
    },
  },
  {
    name: 'completions: limits, stops, echoes and log-probabilities',
    run: async (side) => {
      const api = clientOf(side).completions
      const limited = await api.create({ model: side.model, prompt: 'one two three', max_tokens: 2, best_of: 1 })
      const ended = await api.create({ model: side.model, prompt: 'one two three', stop: ' three' })
      const echoed = await api.create({ model: side.model, prompt: 'hé you', echo: true, logprobs: 2 })
      assert.deepEqual(
        [limited, ended].map(({ choices: [choice] }) => [choice?.text, choice?.finish_reason]),
        [
          ['one two ', 'length'],
          ['one two', 'stop'],
        ],
      )
      assert.deepEqual(echoed.choices[0]?.logprobs?.text_offset, [0, 3, 6, 9])
      return [limited, ended, echoed].map(stripped)
    },
  },
  {
    name: 'completions: stream, with choices, usage and log-probabilities',
    run: async (side) => {
      const chunks = await collect(
        await streamed(side, [SENTENCE, 'one two'], {
          n: 2,
          logprobs: 1,
          stream_options: { include_usage: true },
        }),
      )
      const texts = [0, 1, 2, 3].map((wanted) =>
        chunks
          .flatMap(({ choices }) => choices)
          .filter(({ index }) => index === wanted)
          .map(({ text }) => text)
          .join(''),
      )
      assert.deepEqual(texts, [SENTENCE, SENTENCE, 'one two', 'one two'])
      assert.equal(chunks.at(-1)?.usage?.completion_tokens, 20)
      return chunks.map(stripped)
    },
  },
  {
    name: 'completions: every parameter arrives',
    run: async (side) => {
      const mark = newMark()
      await clientOf(side).completions.create({
        model: side.model,
        prompt: `${mark} hello`,
        user: 'ann',
        best_of: 2,
        frequency_penalty: 0.5,
        presence_penalty: -0.5,
        logit_bias: { '50256': -100 },
        max_tokens: 16,
        seed: 42,
        temperature: 0.1,
        top_p: 0.95,
        suffix: ' end',
        echo: false,
        n: 1,
        stop: null,
      })
      return arrived(side, mark)
    },
  },
  {
    name: 'completions: errors, whole and in the middle of a stream',
    run: async (side) => {
      const ask = (prompt: string) => clientOf(side).completions.create({ model: side.model, prompt })
      const limited = await refused(side, RateLimitError, 429, () => ask('[[status:429]]'))
      const wrong = await refused(side, BadRequestError, 400, () =>
        clientOf(side).completions.create({ model: side.model, prompt: 'x', n: 'many' as never }),
      )
      await assert.rejects(async () => collect(await streamed(side, 'one two three [[fail:1]]')), APIError)
      await assert.rejects(async () => collect(await streamed(side, 'one two three [[die:2]]')))
      const { denied } = side
      const forbidden = await refused(side, PermissionDeniedError, 403, () =>
        denied
          ? clientOf({ ...side, ...denied }).completions.create({ model: denied.model, prompt: 'hello' })
          : ask('[[status:403]]'),
      )
      return [limited.common, wrong.common, forbidden.common]
    },
  },
  {
    name: 'completions: leaving a stream in the middle stops the provider within 100 ms',
    run: (side) =>
      soonEnough(side, async (mark) => {
        for await (const { choices } of await streamed(side, `[[delay:150]] ${mark} ${SENTENCE}`)) {
          if (choices[0]?.text) break
        }
      }),
  },
]
