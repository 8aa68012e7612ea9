// The official client, unmodified, and what several cases need of it.
import OpenAI, { type ClientOptions } from 'openai'
import type { Side } from '../suite.ts'

/** A client as that side's caller; it does not retry, so that a failure is seen where it happens. */
export function clientOf(side: Side, more: ClientOptions = {}): OpenAI {
  return new OpenAI({
    baseURL: side.baseURL,
    apiKey: side.credential,
    organization: null,
    project: null,
    maxRetries: 0,
    ...more,
  })
}

export function user(content: string): { role: 'user'; content: string } {
  return { role: 'user', content }
}

/** The same side as the caller who may also have the provider act and remember. */
export function permitted(side: Side): Side {
  return side.permitted === undefined ? side : { ...side, credential: side.permitted }
}

/** Ids, times, and what of our own a provider tells again in its answer: whether it was to be stored, and for whom. */
const DIFFERENT: ReadonlySet<string> = new Set([
  'id',
  'created',
  'created_at',
  'completed_at',
  'tool_call_id',
  'call_id',
  'item_id',
  'first_id',
  'last_id',
  'container_id',
  'approval_request_id',
  'previous_response_id',
  'safety_identifier',
  'store',
])

/** What differs from one call to the next by nature. Request ids of the client's own are no part of the answer. */
export function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key, each]) => !(DIFFERENT.has(key) && isSimple(key, each)))
  return Object.fromEntries(kept.map(([key, each]) => [key, stripped(each)]))
}

/** Null tells that nothing is there, which is the same each time; a pseudonym is on one side only. */
function isSimple(key: string, value: unknown): boolean {
  return key === 'safety_identifier' || ['string', 'number', 'boolean'].includes(typeof value)
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

interface SeenAtProvider {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly aborted: boolean
}

/** The requests at the provider whose body holds a text that only this case wrote. */
export async function seenWith(side: Side, mark: string): Promise<readonly SeenAtProvider[]> {
  const all = (await (await fetch(`${side.provider}/seen`)).json()) as SeenAtProvider[]
  return all.filter(({ body }) => body.includes(mark))
}

export function newMark(): string {
  return `mark${crypto.randomUUID().replaceAll('-', '')}`
}
