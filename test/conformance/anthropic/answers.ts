// Whole answers: roles, limits, counts, and characters that go wrong when somebody decodes them.
import assert from 'node:assert/strict'
import type { Case } from '../suite.ts'
import { asked, bothWays, clientOf, MODEL, plain, textOf, user } from './client.ts'

// Astral, combining, joined, right-to-left, line separators, a byte order mark, controls, and a quote with its escape.
const UNUSUAL = '👩‍👩‍👧 e\u0301 שלום\u202e \u2028\u2029\ufeff \u0000\u001b \\u0041 "\\" 𝒳 ﷽ \u{10ffff}'

export const answers: readonly Case[] = [
  {
    name: 'plain answer',
    run: async (side) => {
      const answer = await bothWays(side, 'Good morning, clinic')
      assert.deepEqual(answer.content, [{ type: 'text', text: 'Good morning, clinic' }])
      assert.equal(answer.model, MODEL)
      assert.match(answer.id, /^msg_/)
      assert.deepEqual([answer.stop_reason, answer.stop_sequence], ['end_turn', null])
      assert.deepEqual([answer.usage.input_tokens, answer.usage.output_tokens], [3, 3])
      return plain(answer)
    },
  },
  {
    name: 'system as a text and as blocks',
    run: async (side) => {
      const text = await bothWays(side, 'Hello', { system: 'Be kind.' })
      const blocks = await bothWays(side, 'Hello', {
        system: [
          { type: 'text', text: 'Be kind.' },
          { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
        ],
      })
      assert.deepEqual([text.usage.input_tokens, blocks.usage.cache_creation_input_tokens], [3, 4])
      return [plain(text), plain(blocks)]
    },
  },
  {
    name: 'every role, as text and as blocks',
    run: async (side) => {
      const answer = await clientOf(side).messages.create({
        ...asked,
        messages: [
          { role: 'user', content: 'Is it noon?' },
          { role: 'assistant', content: 'Not yet.' },
          { role: 'system', content: 'The clock was put forward.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'And ' },
              { type: 'text', text: 'now?' },
            ],
          },
          { role: 'assistant', content: [{ type: 'text', text: 'It is' }] },
        ],
      })
      assert.equal(textOf(answer), 'And now?')
      return plain(answer)
    },
  },
  {
    name: 'stop sequences, limits and refusals say why an answer ends',
    run: async (side) => {
      const ended = await bothWays(side, 'one two three four', { stop_sequences: ['never', ' three'] })
      const limited = await bothWays(side, 'one two three', { max_tokens: 2 })
      const refused = await bothWays(side, '[[refuse:I will not.]]')
      assert.deepEqual([textOf(ended), ended.stop_reason, ended.stop_sequence], ['one two', 'stop_sequence', ' three'])
      assert.deepEqual([textOf(limited), limited.stop_reason], ['one two ', 'max_tokens'])
      assert.deepEqual([refused.stop_reason, refused.stop_details?.explanation], ['refusal', 'I will not.'])
      return [ended, limited, refused].map(plain)
    },
  },
  {
    name: 'unusual characters, both ways',
    run: async (side) => {
      const echoed = await bothWays(side, UNUSUAL)
      assert.equal(textOf(echoed), UNUSUAL)
      const said = await bothWays(side, `[[say64:${Buffer.from(UNUSUAL).toString('base64')}]]`)
      assert.equal(textOf(said), UNUSUAL)
      const pieces = await bothWays(side, `[[chunk:1]][[say64:${Buffer.from(UNUSUAL).toString('base64')}]]`)
      assert.equal(textOf(pieces), UNUSUAL)
      return [echoed, said, pieces].map(plain)
    },
  },
  {
    name: 'an empty answer',
    run: async (side) => {
      const answer = await bothWays(side, '[[say:]]')
      assert.equal(textOf(answer), '')
      return plain(answer)
    },
  },
  {
    name: 'a long conversation',
    run: async (side) => {
      const long = 'The quick brown fox, again. '.repeat(10_000).trim()
      const turns = Array.from({ length: 200 }, (_, turn) =>
        turn % 2 === 0 ? user(`turn ${turn}`) : ({ role: 'assistant', content: `turn ${turn}` } as const),
      )
      const answer = await clientOf(side).messages.create(
        {
          ...asked,
          max_tokens: 64_000,
          messages: [...turns, user(long)],
          stream: false,
        },
        { timeout: 20_000 },
      )
      assert.equal(textOf(answer), long)
      return answer.usage
    },
  },
  {
    name: 'many at once',
    run: async (side) => {
      const client = clientOf(side)
      const texts = Array.from({ length: 24 }, (_, number) => `number ${number}`)
      const all = await Promise.all(
        texts.map(async (text, number) =>
          number % 2 === 0
            ? textOf(await client.messages.create({ ...asked, messages: [user(text)] }))
            : client.messages.stream({ ...asked, messages: [user(text)] }).finalText(),
        ),
      )
      assert.deepEqual(all, texts)
      return all
    },
  },
  {
    name: 'tokens are counted beforehand as they are afterwards',
    run: async (side) => {
      const client = clientOf(side)
      const tools = [{ name: 'look', description: 'Looks', input_schema: { type: 'object' as const } }]
      const request = {
        model: MODEL,
        system: 'Be brief.',
        messages: [user('one two three')],
        tools,
        tool_choice: { type: 'auto' as const },
        thinking: { type: 'disabled' as const },
        output_config: { effort: 'low' as const },
      }
      const { input_tokens } = await client.messages.countTokens(request)
      const beta = await client.beta.messages.countTokens({ ...request, betas: ['context-1m-2025-08-07'] })
      const answer = await client.messages.create({ ...request, max_tokens: 9 })
      assert.equal(answer.usage.input_tokens, input_tokens)
      assert.equal(beta.input_tokens, input_tokens)
      return [input_tokens, beta]
    },
  },
]
