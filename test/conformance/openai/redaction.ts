// A credential in an answer reaches no client: in its place stands what it was, whole or streamed, in texts and in what the
// client's helpers make of them. Directly it does arrive, and is put out of the comparison.
import assert from 'node:assert/strict'
import type { Case, Side } from '../suite.ts'
import { clientOf, collect, stripped, user } from './client.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const REDACTED = '[redacted: aws-access-key]'
const EXPECTED = `The key is ${REDACTED}, and no other.`

/** Of the form of a credential, and nobody's. It is made anew, so that no file holds it. */
function newKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16))
  return `AKIA${[...random].map((byte) => LETTERS[byte % 32]).join('')}`
}

export interface Planted {
  readonly key: string
  /** Has the model say a sentence with the key in it, a few characters at a time. */
  readonly prompt: string
}

export function plant(chunk = 3): Planted {
  const key = newKey()
  const said = Buffer.from(`The key is ${key}, and no other.`).toString('base64')
  return { key, prompt: `[[say64:${said}]][[chunk:${chunk}]]` }
}

/** What both sides must agree on, once it was seen that the gate let nothing through. */
export function settled(side: Side, { key }: Planted, all: unknown): unknown {
  const json = JSON.stringify(all)
  assert.equal(json.includes(key), side.name === 'direct')
  // Not even most of it.
  if (side.name === 'gate') assert.equal(json.includes(key.slice(0, 12)), false)
  return withoutNotices(JSON.parse(json.replaceAll(key, REDACTED)))
}

function withoutNotices(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNotices)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => key !== 'sallyport')
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutNotices(each)]))
}

function told(side: Side, headers: Headers): void {
  if (side.name === 'gate') assert.match(headers.get('x-sallyport-redacted') ?? '', /^aws-access-key;in=answer;at="/)
}

export function plain(side: Side, planted: Planted, text: string | null | undefined): void {
  assert.equal(side.name === 'gate' ? text : text?.replaceAll(planted.key, REDACTED), EXPECTED)
}

/** Each event's notice, as the gate puts it beside what the provider said. */
function notices(side: Side, events: readonly unknown[]): void {
  if (side.name === 'gate') assert.match(JSON.stringify(events), /"sallyport":\{"redacted":\[\{"kind":"aws-access-key"/)
}

export const redaction: readonly Case[] = [
  {
    name: 'redacted: chat, plain, in every choice',
    run: async (side) => {
      const planted = plant()
      const call = clientOf(side).chat.completions.create({
        model: side.model,
        n: 2,
        messages: [user(planted.prompt)],
      })
      const { data, response } = await call.withResponse()
      for (const { message } of data.choices) plain(side, planted, message.content)
      told(side, response.headers)
      return settled(side, planted, stripped(data))
    },
  },
  {
    name: 'redacted: chat, streamed, and with the helper',
    run: async (side) => {
      const planted = plant()
      const api = clientOf(side).chat.completions
      const body = { model: side.model, messages: [user(planted.prompt)] }
      const chunks = await collect(await api.create({ ...body, stream: true }))
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
      plain(side, planted, text)
      notices(side, chunks)
      const runner = api.stream(body)
      const snapshots: string[] = []
      runner.on('content.delta', ({ snapshot }) => snapshots.push(snapshot))
      const content = await runner.finalContent()
      plain(side, planted, content)
      plain(side, planted, snapshots.at(-1))
      if (side.name === 'gate') assert.equal(JSON.stringify([chunks, snapshots]).includes(planted.key), false)
      return settled(side, planted, [text, content])
    },
  },
  {
    name: 'redacted: chat, beside log-probabilities',
    run: async (side) => {
      const planted = plant()
      const api = clientOf(side).chat.completions
      const weighed = await api.create({
        model: side.model,
        logprobs: true,
        top_logprobs: 1,
        messages: [user(planted.prompt)],
      })
      plain(side, planted, weighed.choices[0]?.message.content)
      const tokens = weighed.choices[0]?.logprobs?.content ?? []
      if (side.name === 'gate')
        assert.equal(
          tokens
            .map(({ token }) => token)
            .join('')
            .includes(planted.key),
          false,
        )
      return settled(side, planted, weighed.choices[0]?.message)
    },
  },
  {
    name: 'redacted: responses, plain',
    run: async (side) => {
      const planted = plant()
      const call = clientOf(side).responses.create({ model: side.model, input: planted.prompt })
      const { data, response } = await call.withResponse()
      plain(side, planted, data.output_text)
      told(side, response.headers)
      return settled(side, planted, stripped(data))
    },
  },
  {
    name: 'redacted: responses, streamed: the last snapshot equals what was said before it',
    run: async (side) => {
      const planted = plant(1)
      const body = { model: side.model, input: planted.prompt }
      const events = await collect(await clientOf(side).responses.create({ ...body, stream: true }))
      const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
      const [done] = events.flatMap((event) => (event.type === 'response.output_text.done' ? [event.text] : []))
      const last = events.at(-1)
      const [item] = last?.type === 'response.completed' ? last.response.output : []
      const part = item?.type === 'message' ? item.content[0] : undefined
      for (const each of [text, done, part?.type === 'output_text' ? part.text : '']) plain(side, planted, each)
      notices(side, events)
      return settled(side, planted, [text, done, stripped(last)])
    },
  },
  {
    name: 'redacted: responses, with the helper',
    run: async (side) => {
      const planted = plant(2)
      const runner = clientOf(side).responses.stream({ model: side.model, input: planted.prompt })
      const snapshots: string[] = []
      runner.on('response.output_text.delta', ({ snapshot }) => snapshots.push(snapshot))
      const answer = await runner.finalResponse()
      plain(side, planted, answer.output_text)
      plain(side, planted, snapshots.at(-1))
      if (side.name === 'gate') assert.equal(JSON.stringify(snapshots).includes(planted.key), false)
      return settled(side, planted, stripped(answer))
    },
  },
  {
    name: 'redacted: responses, kept and read again, from the middle, too',
    run: async (side) => {
      const planted = plant(4)
      const api = clientOf({ ...side, credential: side.permitted ?? side.credential }).responses
      const { id } = await api.create({ model: side.model, store: true, input: planted.prompt })
      const again = await api.retrieve(id)
      plain(side, planted, again.output_text)
      const rest = await collect(await api.retrieve(id, { stream: true, starting_after: 8 }))
      const last = rest.at(-1)
      return settled(side, planted, [stripped(again), stripped(last)])
    },
  },
  {
    name: 'redacted: completions, plain and streamed',
    run: async (side) => {
      const planted = plant()
      const api = clientOf(side).completions
      const { data, response } = await api.create({ model: side.model, prompt: planted.prompt }).withResponse()
      plain(side, planted, data.choices[0]?.text)
      told(side, response.headers)
      const chunks = await collect(await api.create({ model: side.model, prompt: planted.prompt, stream: true }))
      const text = chunks.map(({ choices }) => choices[0]?.text ?? '').join('')
      plain(side, planted, text)
      notices(side, chunks)
      return settled(side, planted, [stripped(data), text])
    },
  },
  {
    name: 'redacted: tool arguments, in chat and responses, whole and streamed, remain JSON',
    run: async (side) => {
      const key = newKey()
      // Escaped, it is no credential yet: only the arguments that the model writes are read as JSON.
      const prompt = `[[tool:put {"key":"\\u0041${key.slice(1)}","n": 9007199254740993}]]`
      const { chat, responses } = clientOf(side)
      const ask = { model: side.model, messages: [user(prompt)] }
      const body = { model: side.model, input: prompt }
      const completed = [await chat.completions.create(ask), await chat.completions.stream(ask).finalChatCompletion()]
      const answered = [await responses.create(body), await responses.stream(body).finalResponse()]
      const all = [
        ...completed
          .flatMap(({ choices }) => choices[0]?.message.tool_calls ?? [])
          .map((call) => (call.type === 'function' ? call.function.arguments : '')),
        ...answered.flatMap(({ output }) =>
          output.map((item) => (item.type === 'function_call' ? item.arguments : '')),
        ),
      ]
      assert.equal(all.length, 4)
      const read = all.map((each) => JSON.parse(each) as { key: string })
      for (const each of read) assert.equal(each.key, side.name === 'gate' ? REDACTED : key)
      for (const each of all) assert.ok(each.endsWith(',"n": 9007199254740993}'))
      return read.length
    },
  },
  {
    name: 'redacted: an error of the provider',
    run: async (side) => {
      const planted = plant()
      const errors = await Promise.all(
        [
          clientOf(side).responses.create({ model: side.model, input: `${planted.prompt}[[status:400]]` }),
          clientOf(side).chat.completions.create({
            model: side.model,
            messages: [user(`${planted.prompt}[[status:400]]`)],
          }),
        ].map(async (call) => Promise.resolve(call).catch((error: unknown) => String(error))),
      )
      assert.equal(JSON.stringify(errors).includes(planted.key), side.name === 'direct')
      return errors.length
    },
  },
  {
    name: 'redacted: what the caller says reaches no provider',
    run: async (side) => {
      const key = newKey()
      const call = clientOf(side).responses.create({ model: side.model, input: `My key is ${key}.` })
      const { data, response } = await call.withResponse()
      if (side.name === 'gate') {
        assert.equal(data.output_text, `My key is ${REDACTED}.`)
        assert.match(response.headers.get('x-sallyport-redacted') ?? '', /aws-access-key;in=request/)
        const seen = await (await fetch(`${side.provider}/seen`)).text()
        assert.equal(seen.includes(key), false)
      }
      return data.output_text.replaceAll(key, REDACTED)
    },
  },
]
