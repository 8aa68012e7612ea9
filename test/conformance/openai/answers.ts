// Whole answers: texts, choices, parts, limits, log-probabilities, and characters that go wrong when somebody decodes them.
import assert from 'node:assert/strict'
import type { Case } from '../suite.ts'
import { clientOf, stripped, user } from './client.ts'

// Astral, combining, joined, right-to-left, line separators, a byte order mark, controls, and a quote with its escape.
const UNUSUAL = '👩‍👩‍👧 e\u0301 שלום\u202e \u2028\u2029\ufeff \u0000\u001b \\u0041 "\\" 𝒳 ﷽ \u{10ffff}'

export const answers: readonly Case[] = [
  {
    name: 'plain answer',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        messages: [user('Good morning, clinic')],
      })
      assert.equal(answer.choices[0]?.message.content, 'Good morning, clinic')
      assert.equal(answer.model, side.model)
      assert.match(answer.id, /^chatcmpl-/)
      assert.equal(typeof answer.created, 'number')
      return stripped(answer)
    },
  },
  {
    name: 'several choices',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        n: 3,
        messages: [user('[[say:thrice]]')],
      })
      assert.deepEqual(
        answer.choices.map(({ index, message }) => [index, message.content]),
        [
          [0, 'thrice'],
          [1, 'thrice'],
          [2, 'thrice'],
        ],
      )
      return stripped(answer)
    },
  },
  {
    name: 'every role, with names',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        messages: [
          { role: 'system', content: 'You are kind.', name: 'house' },
          { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }], name: 'dev' },
          { role: 'user', content: 'Is it noon?', name: 'ann' },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'clock', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '12:00' }] },
          { role: 'assistant', content: [{ type: 'text', text: 'Yes.' }], name: 'bot' },
          { role: 'user', content: [{ type: 'text', text: 'Thank you' }], name: 'ann' },
        ],
      })
      assert.equal(answer.choices[0]?.message.content, 'Thank you')
      return stripped(answer)
    },
  },
  {
    name: 'images and text parts',
    run: async (side) => {
      const url =
        'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
      const image = { type: 'image_url', image_url: { url, detail: 'low' } } as const
      const ask = async (content: ({ type: 'text'; text: string } | typeof image)[]) => {
        const answer = await clientOf(side).chat.completions.create({
          model: side.model,
          messages: [{ role: 'user', content }],
        })
        return answer.choices[0]?.message.content
      }
      assert.equal(
        await ask([{ type: 'text', text: 'What is ' }, image, { type: 'text', text: 'this?' }]),
        'What is this?',
      )
      assert.equal(await ask([image, image]), 'Received: image_url, image_url.')
      return 'both'
    },
  },
  {
    name: 'audio and file parts',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
              { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
            ],
          },
        ],
      })
      assert.equal(answer.choices[0]?.message.content, 'Received: input_audio, file.')
      return stripped(answer)
    },
  },
  {
    name: 'stop sequences and token limits',
    run: async (side) => {
      const { completions } = clientOf(side).chat
      const common = { model: side.model, messages: [user('one two three four')] }
      const ended = await completions.create({ ...common, stop: [' three', 'four'] })
      const limited = await completions.create({ ...common, max_tokens: 2 })
      const newer = await completions.create({ ...common, max_completion_tokens: 1 })
      const shown = [ended, limited, newer].map(({ choices: [choice], usage }) => [
        choice?.message.content,
        choice?.finish_reason,
        usage?.completion_tokens,
      ])
      assert.deepEqual(shown, [
        ['one two', 'stop', 2],
        ['one two ', 'length', 2],
        ['one ', 'length', 1],
      ])
      return shown
    },
  },
  {
    name: 'log-probabilities',
    run: async (side) => {
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        logprobs: true,
        top_logprobs: 2,
        messages: [user('hé you')],
      })
      const content = answer.choices[0]?.logprobs?.content
      assert.deepEqual(
        content?.map(({ token, bytes, top_logprobs }) => [token, bytes, top_logprobs.length]),
        [
          ['hé ', [104, 195, 169, 32], 2],
          ['you', [121, 111, 117], 2],
        ],
      )
      return stripped(answer)
    },
  },
  {
    name: 'unusual characters, both ways',
    run: async (side) => {
      const { completions } = clientOf(side).chat
      const echoed = await completions.create({ model: side.model, messages: [user(UNUSUAL)] })
      assert.equal(echoed.choices[0]?.message.content, UNUSUAL)
      const hidden = Buffer.from(UNUSUAL).toString('base64')
      const said = await completions.create({ model: side.model, messages: [user(`[[say64:${hidden}]]`)] })
      assert.equal(said.choices[0]?.message.content, UNUSUAL)
      return [stripped(echoed), stripped(said)]
    },
  },
  {
    name: 'a long conversation',
    run: async (side) => {
      const long = 'The quick brown fox, again. '.repeat(10_000).trim()
      const answer = await clientOf(side).chat.completions.create({
        model: side.model,
        messages: [...Array.from({ length: 200 }, (_, turn) => user(`turn ${turn}`)), user(long)],
      })
      assert.equal(answer.choices[0]?.message.content, long)
      return answer.usage
    },
  },
  {
    name: 'many at once',
    run: async (side) => {
      const client = clientOf(side)
      const texts = Array.from({ length: 24 }, (_, number) => `number ${number}`)
      const all = await Promise.all(
        texts.map(async (text) => {
          const answer = await client.chat.completions.create({ model: side.model, messages: [user(text)] })
          return answer.choices[0]?.message.content
        }),
      )
      assert.deepEqual(all, texts)
      return all
    },
  },
]
