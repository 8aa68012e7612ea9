// The client's own typed error for each way to say no. Where only the gate says it, the provider is told to say the same.
import assert from 'node:assert/strict'
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai'
import type { Case, Side } from '../suite.ts'
import { clientOf, collect, user } from './client.ts'
import { refused as refusedCall } from './refused.ts'

// One mebibyte beyond what the gate reads of a request.
const TOO_LARGE = 65 * 1024 * 1024

export const errors: readonly Case[] = [
  {
    name: '400 BadRequestError',
    run: (side) =>
      refused(side, BadRequestError, 400, () =>
        clientOf(side).chat.completions.create({ model: side.model, messages: 'hello' as never }),
      ),
  },
  {
    name: '401 AuthenticationError',
    run: (side) => refused(side, AuthenticationError, 401, () => say(side, 'hello', { apiKey: 'nobodys-key' })),
  },
  {
    name: '403 PermissionDeniedError',
    run: ({ denied, ...side }) =>
      refused(side, PermissionDeniedError, 403, () =>
        denied
          ? say({ ...side, model: denied.model }, 'hello', { apiKey: denied.credential })
          : say(side, '[[status:403]]'),
      ),
  },
  {
    name: '403 before a stream',
    run: ({ denied, ...side }) =>
      refused(side, PermissionDeniedError, 403, () =>
        denied
          ? stream({ ...side, model: denied.model, credential: denied.credential }, 'hello')
          : stream(side, '[[status:403]]'),
      ),
  },
  {
    name: '404 NotFoundError for a model',
    run: (side) =>
      refused(side, NotFoundError, 404, () =>
        side.name === 'gate' ? say({ ...side, model: 'no-such-model' }, 'hello') : say(side, '[[status:404]]'),
      ),
  },
  {
    name: '404 NotFoundError of models.retrieve',
    run: (side) => refused(side, NotFoundError, 404, () => clientOf(side).models.retrieve('no-such-model')),
  },
  {
    name: '404 NotFoundError for what is not served',
    run: (side) => refused(side, NotFoundError, 404, () => clientOf(side).files.list()),
  },
  {
    name: '413 for a body that is too large',
    run: (side) =>
      refused(side, APIError, 413, () => say(side, side.name === 'gate' ? 'x'.repeat(TOO_LARGE) : '[[status:413]]')),
  },
  {
    name: '429 RateLimitError',
    run: async (side) => {
      const { error, common } = await refusedCall(side, RateLimitError, 429, () => say(side, '[[status:429]]'))
      assert.equal(error.headers?.get('retry-after'), '1')
      return common
    },
  },
  {
    name: '429 before a stream',
    run: (side) => refused(side, RateLimitError, 429, () => stream(side, '[[status:429]]')),
  },
  {
    name: '500 InternalServerError',
    run: (side) => refused(side, InternalServerError, 500, () => say(side, '[[status:500]]')),
  },
  {
    name: '503 InternalServerError',
    run: (side) => refused(side, InternalServerError, 503, () => say(side, '[[status:503]]')),
  },
]

function say(side: Side, content: string, { apiKey }: { readonly apiKey?: string } = {}): Promise<unknown> {
  const client = clientOf(side, apiKey === undefined ? {} : { apiKey })
  return client.chat.completions.create({ model: side.model, messages: [user(content)] })
}

async function stream(side: Side, content: string): Promise<unknown> {
  const messages = [user(content)]
  return collect(await clientOf(side).chat.completions.create({ model: side.model, stream: true, messages }))
}

/** What both sides have in common of that error. */
async function refused(...[side, expected, status, act]: Parameters<typeof refusedCall>): Promise<object> {
  return (await refusedCall(side, expected, status, act)).common
}
