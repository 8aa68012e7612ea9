// The demo's model provider: deterministic, directed by what the caller writes, and a witness of all it was asked.
// It knows nothing of Sallyport, and accepts any model's name.
import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { anthropicError } from './anthropic/anthropic-error.ts'
import { listAnthropicModels, retrieveAnthropicModel } from './anthropic/anthropic-models.ts'
import { openAiError } from './openai/openai-error.ts'
import { listModels, retrieveModel } from './openai/openai-models.ts'
import type { Wait } from './paced-body.ts'
import { makeProtocols, type FindProtocol } from './protocols.ts'
import { makeSeen, type Seen } from './seen.ts'
import { readBody, witness } from './witness.ts'

export interface ProviderOptions {
  /** Demanded as `Authorization: Bearer` of all but `/seen` and `/count`, where given; for Anthropic's API `x-api-key` does as well. */
  readonly credential?: string
  /** What `/v1/models` lists. */
  readonly models?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  readonly wait?: Wait
}

export interface DemoProvider {
  readonly fetch: (request: Request) => Promise<Response>
}

interface World {
  readonly options: ProviderOptions
  readonly seen: Seen
  readonly now: () => number
  readonly wait: Wait
  readonly models: readonly string[]
  readonly find: FindProtocol
  /** POSTs to model routes so far, after adding `more`. */
  count(more: 0 | 1): number
}

export function makeProvider(options: ProviderOptions = {}): DemoProvider {
  let counted = 0
  const world: World = {
    options,
    seen: makeSeen(),
    now: options.now ?? Date.now,
    wait: options.wait ?? ((milliseconds, signal) => sleep(milliseconds, undefined, { signal })),
    models: options.models ?? ['harbor-small', 'harbor-large', 'harbor-embed', 'harbor-claude'],
    find: makeProtocols(),
    count: (more) => (counted += more),
  }
  return { fetch: (request) => answer(request, world) }
}

async function answer(request: Request, world: World): Promise<Response> {
  // An HTTP/1.0 request without a Host has no URL that parses.
  const url = URL.parse(request.url, 'http://demo.invalid') ?? new URL('http://demo.invalid/')
  const route = `${request.method} ${url.pathname}`
  switch (route) {
    case 'GET /seen':
      return Response.json(world.seen.list())
    case 'DELETE /seen':
      world.seen.clear()
      return new Response(null, { status: 204 })
    case 'GET /count':
      return Response.json(world.count(0))
    case 'GET /v1/models':
      if (!mayPass(request, url, world.options)) return refuseOther(request, UNKNOWN_CALLER)
      return speaksAnthropic(request) ? listAnthropicModels(world.models) : listModels(world.models)
    default:
      return answerSeen(request, url, world)
  }
}

const UNKNOWN_CALLER = { status: 401, message: 'Incorrect API key provided.' } as const

/** Everything that is witnessed. It is so from its arrival: a caller who hangs up while sending is seen, too. */
async function answerSeen(request: Request, url: URL, world: World): Promise<Response> {
  const protocol = world.find(request.method, url.pathname)
  const number = world.count(protocol && request.method === 'POST' ? 1 : 0)
  const witnessed = witness(request, url, { seen: world.seen, at: world.now() })
  const body = await readBody(request)
  if (body.bytes === undefined) return new Response(null, { status: 400 })
  witnessed.body(body)
  if (!mayPass(request, url, world.options)) {
    return protocol?.refuse(401, UNKNOWN_CALLER.message) ?? refuseOther(request, UNKNOWN_CALLER)
  }
  if (!protocol) return answerOther(request, url.pathname, world)
  if (body.text === undefined) return protocol.refuse(400, 'The body is not UTF-8.')
  const { wait, now } = world
  const call = { url, body: body.text, number, created: Math.floor(now() / 1000), signal: request.signal, wait }
  try {
    return await protocol.answer({ ...call, ended: witnessed.ended })
  } catch (error) {
    // Nobody reads this: the caller hung up while we waited.
    if (request.signal.aborted) return new Response(null, { status: 400 })
    throw error
  }
}

function answerOther(request: Request, path: string, { models }: World): Response {
  const prefix = '/v1/models/'
  if (request.method === 'GET' && path.startsWith(prefix)) {
    const id = decode(path.slice(prefix.length))
    return speaksAnthropic(request) ? retrieveAnthropicModel(models, id) : retrieveModel(models, id)
  }
  return refuseOther(request, { status: 404, message: 'There is nothing at this address.', code: 'unknown_url' })
}

/** Both APIs list models at the same address; only Anthropic's clients name a version. */
function speaksAnthropic(request: Request): boolean {
  return request.headers.has('anthropic-version')
}

function refuseOther(request: Request, problem: Parameters<typeof openAiError>[0]): Response {
  return speaksAnthropic(request) ? anthropicError(problem, 'req_demo_refused') : openAiError(problem)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function mayPass(request: Request, url: URL, { credential }: ProviderOptions): boolean {
  if (credential === undefined) return true
  const { headers } = request
  const bearer = timingSafeEqual(digest(headers.get('authorization') ?? ''), digest(`Bearer ${credential}`))
  const key = timingSafeEqual(digest(headers.get('x-api-key') ?? ''), digest(credential))
  return bearer || (key && (speaksAnthropic(request) || url.pathname.startsWith('/v1/messages')))
}

/** Equal lengths for the comparison, whatever was presented. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
