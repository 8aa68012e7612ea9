// What can be done with a response that was kept: read it, as it is or as the stream that it was, cancel, list its input, delete.
import { deliverStream } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { DemoProtocol, ModelCall } from '#demo/model-call.ts'
import { openAiError } from '#demo/openai/openai-error.ts'
import { snapshot } from './response-snapshot.ts'
import type { ResponseStore, StoredResponse } from './response-store.ts'
import { eventParts } from './response-stream.ts'

type Act = (stored: StoredResponse, store: ResponseStore, call: ModelCall) => Response

const ACTS: ReadonlyMap<string, Act> = new Map<string, Act>([
  ['GET ', retrieve],
  ['DELETE ', remove],
  ['POST /cancel', cancel],
  ['GET /input_items', listInput],
])

/** Absent where nothing of that name can be done. */
export function storedProtocol(method: string, path: string, store: ResponseStore): DemoProtocol['answer'] | undefined {
  const [, id, rest = ''] = /^\/v1\/responses\/([\w-]{1,200})(\/\w+)?$/.exec(path) ?? []
  const act = ACTS.get(`${method} ${rest}`)
  if (id === undefined || !act) return undefined
  return async (call) => {
    const stored = store.get(id)
    if (stored) return act(stored, store, call)
    return openAiError({ status: 404, message: `Response with id '${id}' not found.` })
  }
}

function retrieve(stored: StoredResponse, store: ResponseStore, call: ModelCall): Response {
  const { made } = stored
  // Nothing takes time here: what was queued has ended by the time that somebody asks.
  const status = stored.status === 'queued' ? 'ended' : stored.status
  if (status !== stored.status) store.put({ ...stored, status })
  const headers = { 'x-request-id': `req_demo_${call.number}` }
  if (call.url.searchParams.get('stream') !== 'true') return Response.json(snapshot(made, status), { headers })
  const after = call.url.searchParams.get('starting_after')
  const parts = eventParts(made, after === null ? -1 : Number(after))
  return deliverStream(parts, { directives: readDirectives(''), call, headers })
}

function remove({ made }: StoredResponse, store: ResponseStore): Response {
  store.delete(made.id)
  return Response.json({ id: made.id, object: 'response', deleted: true })
}

function cancel(stored: StoredResponse, store: ResponseStore): Response {
  const { made } = stored
  if (made.request.background !== true) {
    return openAiError({ status: 400, message: 'Only responses that were made in the background can be cancelled.' })
  }
  const status = stored.status === 'queued' ? 'cancelled' : stored.status
  store.put({ ...stored, status })
  return Response.json(snapshot(made, status))
}

function listInput({ input }: StoredResponse, _store: ResponseStore, call: ModelCall): Response {
  const { searchParams } = call.url
  const all = searchParams.get('order') === 'asc' ? input : input.toReversed()
  const start = all.findIndex((item) => item.id === searchParams.get('after')) + 1
  const limit = Math.min(Math.max(Number(searchParams.get('limit') ?? 20) || 20, 1), 100)
  const data = all.slice(start, start + limit)
  return Response.json({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < all.length,
  })
}
