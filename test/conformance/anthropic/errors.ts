// The client's own typed error for each way to say no, and what it tries again. Where only the gate says it, the provider is
// told to say the same.
import assert from 'node:assert/strict'
import {
  type APIError,
  APIConnectionError,
  AuthenticationError,
  BadRequestError,
  ContentTooLargeError,
  GatewayTimeoutError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
} from '@anthropic-ai/sdk/core/error'
import { newMark, seenWith } from '../openai/client.ts'
import type { Case, Side } from '../suite.ts'
import { asked, clientOf, MODEL, textOf, underAnthropic, user } from './client.ts'

// One mebibyte beyond what the gate reads of a request.
const TOO_LARGE = 65 * 1024 * 1024

type ErrorClass = abstract new (...args: never[]) => InstanceType<typeof APIError>
type Expected = readonly [error: ErrorClass, status: number, type: string]

const FORBIDDEN = [PermissionDeniedError, 403, 'permission_error'] as const
const NOT_FOUND = [NotFoundError, 404, 'not_found_error'] as const

/** What the provider says when it is told to, and what the client makes of it. */
const TOLD: readonly Expected[] = [
  [BadRequestError, 400, 'invalid_request_error'],
  [RateLimitError, 429, 'rate_limit_error'],
  [InternalServerError, 500, 'api_error'],
  [ServiceUnavailableError, 503, 'api_error'],
  [GatewayTimeoutError, 504, 'timeout_error'],
  [OverloadedError, 529, 'overloaded_error'],
]

export const errors: readonly Case[] = [
  ...TOLD.map((expected): Case => ({
    name: `${expected[1]} of the provider, before an answer and before a stream`,
    run: async (side) => {
      const whole = await refused(side, expected, () => say(side, `[[status:${expected[1]}]]`))
      const streamed = await refused(side, expected, () => stream(side, `[[status:${expected[1]}]]`))
      const counted = await refused(side, expected, () =>
        clientOf(side).messages.countTokens({ model: MODEL, messages: [user(`[[status:${expected[1]}]]`)] }),
      )
      if (expected[1] === 429) assert.equal(whole.retryAfter, '1')
      return [whole, streamed, counted]
    },
  })),
  {
    name: '400 for what is no request',
    run: async (side) => [
      await refused(side, [BadRequestError, 400, 'invalid_request_error'], () =>
        clientOf(side).messages.create({ ...asked, messages: 'hello' as never }),
      ),
      await refused(side, [BadRequestError, 400, 'invalid_request_error'], () =>
        clientOf(side).messages.create({ model: MODEL, messages: [user('hello')] } as never),
      ),
    ],
  },
  {
    name: '400 for a version that is not spoken',
    run: async (side) => {
      // Only the gate reads it.
      if (side.name === 'direct') return 400
      const client = clientOf(side, { defaultHeaders: { 'anthropic-version': '2022-01-01' } })
      const error = await refused(side, [BadRequestError, 400, 'invalid_request_error'], () =>
        client.messages.create({ ...asked, messages: [user('hello')] }),
      )
      return error.status
    },
  },
  {
    name: '401 AuthenticationError',
    run: async (side) => {
      const expected = [AuthenticationError, 401, 'authentication_error'] as const
      const nobody = clientOf(side, { apiKey: 'nobodys-key' })
      const header = clientOf(side, { apiKey: null, defaultHeaders: { 'x-api-key': 'nobodys-key' } })
      return [
        await refused(side, expected, () => nobody.messages.create({ ...asked, messages: [user('hello')] })),
        await refused(side, expected, () => header.messages.create({ ...asked, messages: [user('hello')] })),
        await refused(side, expected, () => nobody.models.list()),
        await refused(side, expected, () => nobody.messages.countTokens({ model: MODEL, messages: [user('hello')] })),
      ]
    },
  },
  {
    name: '403 PermissionDeniedError, before an answer and before a stream',
    run: async (side) => {
      const denied = side.denied ? { ...side, credential: side.denied.credential } : side
      const text = side.denied ? 'hello' : '[[status:403]]'
      return [
        await refused(side, FORBIDDEN, () => say(denied, text)),
        await refused(side, FORBIDDEN, () => stream(denied, text)),
      ]
    },
  },
  {
    name: '404 for a model',
    run: async (side) => {
      const missing = side.name === 'gate' ? 'no-such-model' : MODEL
      const text = side.name === 'gate' ? 'hello' : '[[status:404]]'
      const create = () => clientOf(side).messages.create({ ...asked, model: missing, messages: [user(text)] })
      return [
        await refused(side, NOT_FOUND, create),
        await refused(side, NOT_FOUND, () => clientOf(side).models.retrieve('no-such-model')),
      ]
    },
  },
  {
    name: '404 for what is not served',
    run: async (side) => {
      const client = clientOf(side)
      const below = clientOf(underAnthropic(side))
      const calls = [
        () => client.messages.batches.list(),
        () => client.messages.batches.create({ requests: [] }),
        () => client.beta.messages.batches.list(),
        () => below.messages.batches.list(),
        () => client.files.list(),
        () => client.skills.list(),
        () => below.files.list(),
        () => below.beta.files.list(),
        () => below.skills.list(),
      ]
      const all = []
      for (const call of calls) all.push(await refused(side, NOT_FOUND, async () => call()))
      return all
    },
  },
  {
    name: '413 for a body that is too large',
    run: (side) =>
      refused(side, [ContentTooLargeError, 413, 'request_too_large'], () =>
        say(side, side.name === 'gate' ? 'x'.repeat(TOO_LARGE) : '[[status:413]]'),
      ),
  },
  {
    name: 'the client tries again after 429 and 529, and then gives up',
    run: async (side) => {
      const tries = await Promise.all(
        [429, 529, 500].map(async (status) => {
          const mark = newMark()
          const messages = [user(`${mark} [[status:${status}]]`)]
          const call = clientOf(side).messages.create({ ...asked, messages }, { maxRetries: 1 })
          await assert.rejects(Promise.resolve(call))
          return (await seenWith(side, mark)).length
        }),
      )
      assert.deepEqual(tries, [2, 2, 2])
      return tries
    },
  },
  {
    name: 'the client does not try again what was denied',
    run: async (side) => {
      const mark = newMark()
      let attempts = 0
      const client = clientOf(side.denied ? { ...side, credential: side.denied.credential } : side, {
        maxRetries: 2,
        middleware: [
          (request, next) => {
            attempts += 1
            return next(request)
          },
        ],
      })
      const messages = [user(`${mark} ${side.denied ? 'hello' : '[[status:403]]'}`)]
      await assert.rejects(Promise.resolve(client.messages.create({ ...asked, messages })), PermissionDeniedError)
      return attempts
    },
  },
  {
    name: 'the client tries again where nobody listens',
    run: async (side) => {
      let attempts = 0
      const client = clientOf(side, {
        maxRetries: 1,
        fetch: async (url, init) => {
          attempts += 1
          if (attempts === 1) throw new TypeError('fetch failed')
          return fetch(url, init)
        },
      })
      const answer = textOf(await client.messages.create({ ...asked, messages: [user('hello')] }))
      const nowhere = clientOf(side, { baseURL: 'http://127.0.0.1:1' })
      await assert.rejects(
        Promise.resolve(nowhere.messages.create({ ...asked, messages: [user('x')] })),
        APIConnectionError,
      )
      return [answer, attempts]
    },
  },
]

function say(side: Side, content: string): Promise<unknown> {
  return Promise.resolve(clientOf(side).messages.create({ ...asked, messages: [user(content)] }))
}

function stream(side: Side, content: string): Promise<unknown> {
  return clientOf(side)
    .messages.stream({ ...asked, messages: [user(content)] })
    .finalMessage()
}

/** Expects that error, with its type, a message, an id of the request, and on the gate its exchange's id. */
async function refused(side: Side, [expected, status, type]: Expected, act: () => PromiseLike<unknown>) {
  const error = await act().then(
    () => assert.fail('the call was answered'),
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof expected, `expected ${expected.name}, got ${String(error)}`)
  assert.deepEqual([error.status, error.type], [status, type])
  assert.ok((error.apiMessage ?? '').length > 5)
  assert.ok((error.requestID ?? '').length > 5)
  if (side.name === 'gate') assert.match(error.headers?.get('x-sallyport-exchange') ?? '', /^[\w-]{10,}$/)
  return {
    error: error.constructor.name,
    status: error.status,
    type: error.type,
    retryAfter: error.headers?.get('retry-after') ?? null,
  }
}
