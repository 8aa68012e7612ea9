// What the client can ask for and nobody serves: refused by its name, as the client's own error, with what to do instead.
import assert from 'node:assert/strict'
import type OpenAI from 'openai'
import { APIError, NotFoundError } from 'openai'
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket'
import type { Case } from '../suite.ts'
import { clientOf } from './client.ts'
import { refused } from './refused.ts'

interface Asked {
  readonly name: string
  /** What the message says of it: its name and what to do instead. */
  readonly told: RegExp
  readonly ask: (client: OpenAI) => Promise<unknown>
}

const file = () => new File(['x'], 'a.wav')

const ASKED: readonly Asked[] = [
  {
    name: 'files.list',
    told: /^404 Not served here: files .*Send the content in the request/,
    ask: async (client) => client.files.list(),
  },
  {
    name: 'files.create',
    told: /^404 Not served here: files .*Send the content in the request/,
    ask: async (client) => client.files.create({ file: file(), purpose: 'user_data' }),
  },
  {
    name: 'uploads.create',
    told: /^404 Not served here: uploads .*Send the content in the request/,
    ask: async (client) =>
      client.uploads.create({ bytes: 1, filename: 'a', mime_type: 'text/plain', purpose: 'user_data' }),
  },
  {
    name: 'batches.list',
    told: /^404 Not served here: batches .*Send each request by itself/,
    ask: async (client) => client.batches.list(),
  },
  {
    name: 'images.generate',
    told: /^404 Not served here: images .*parts of a conversation are served/,
    ask: async (client) => client.images.generate({ prompt: 'a harbor' }),
  },
  {
    name: 'audio.speech.create',
    told: /^404 Not served here: speech and transcription .*`input_audio` parts/,
    ask: async (client) => client.audio.speech.create({ model: 'x', input: 'y', voice: 'alloy' }),
  },
  {
    name: 'audio.transcriptions.create',
    told: /^404 Not served here: speech and transcription .*`input_audio` parts/,
    ask: async (client) => client.audio.transcriptions.create({ model: 'x', file: file() }),
  },
  { name: 'videos.list', told: /^404 Not served here: videos /, ask: async (client) => client.videos.list() },
  {
    name: 'conversations.create',
    told: /^404 Not served here: conversations .*Send the earlier turns along/,
    ask: async (client) => client.conversations.create({}),
  },
  {
    name: 'realtime.clientSecrets.create',
    told: /^404 Not served here: realtime sessions .*Use POST \/v1\/responses/,
    ask: async (client) => client.realtime.clientSecrets.create({}),
  },
  {
    name: 'beta.assistants.list',
    told: /^404 Not served here: assistants .*Use POST \/v1\/responses/,
    ask: async (client) => client.beta.assistants.list(),
  },
  {
    name: 'beta.threads.create',
    told: /^404 Not served here: threads .*Use POST \/v1\/responses/,
    ask: async (client) => client.beta.threads.create(),
  },
  {
    name: 'containers.list',
    told: /^404 Not served here: containers /,
    ask: async (client) => client.containers.list(),
  },
  {
    name: 'vectorStores.list',
    told: /^404 Not served here: vector stores /,
    ask: async (client) => client.vectorStores.list(),
  },
  {
    name: 'fineTuning.jobs.list',
    told: /^404 Not served here: fine-tuning /,
    ask: async (client) => client.fineTuning.jobs.list(),
  },
  { name: 'evals.list', told: /^404 Not served here: evaluations /, ask: async (client) => client.evals.list() },
  { name: 'skills.list', told: /^404 Not served here: skills /, ask: async (client) => client.skills.list() },
  {
    name: 'chat.completions.retrieve',
    told: /^404 Not served here: stored chat completions /,
    ask: async (client) => client.chat.completions.retrieve('chatcmpl_1'),
  },
]

const byName = ASKED.map(({ name, told, ask }): Case => ({
  name: `not served: ${name}`,
  run: async (side) => {
    const { error, common } = await refused(side, NotFoundError, 404, () => ask(clientOf(side)))
    if (side.name === 'gate') {
      assert.match(error.message, told)
      assert.equal(error.code, 'not_served')
    }
    return common
  },
}))

export const notServed: readonly Case[] = [
  ...byName,
  {
    name: 'not served: deleting a model, listing chats',
    run: async (side) => {
      const client = clientOf(side)
      for (const ask of [async () => client.models.delete(side.model), async () => client.chat.completions.list()]) {
        await assert.rejects(ask(), APIError)
      }
      return 'rejected'
    },
  },
  {
    name: 'not served: a realtime session over a WebSocket',
    run: async (side) => {
      const session = new OpenAIRealtimeWebSocket({ model: side.model }, clientOf(side))
      const ended = new Promise<string>((resolve) => {
        session.on('error', () => resolve('error'))
        session.socket.addEventListener('open', () => resolve('open'))
      })
      assert.equal(await ended, 'error')
      session.close()
      return 'refused'
    },
  },
  {
    name: 'not served: an upgrade of the connection on a route that is served',
    run: async (side) => {
      const answer = await fetch(`${side.baseURL}/responses`, {
        headers: {
          authorization: `Bearer ${side.credential}`,
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      })
      const { error } = (await answer.json()) as { error: { message: string } }
      assert.equal(answer.status, 404)
      if (side.name === 'gate') assert.match(error.message, /WebSockets .* are not served here\. Use plain HTTP/)
      return typeof error.message
    },
  },
]
