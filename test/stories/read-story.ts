// Reads one story: who calls, what the upstream saw, what the caller got, what the trail holds. Strict: a misspelt
// expectation would otherwise be one that nobody checks. All four parts are required; `upstream: []` says that nothing left.
import { parse } from 'yaml'
import { z } from 'zod'

const call = z.strictObject({
  as: z.enum(['alice', 'bob', 'carol', 'erin', 'nobody']),
  method: z.enum(['GET', 'POST']).default('POST'),
  path: z.string().startsWith('/').default('/v1/chat/completions'),
  headers: z.record(z.string(), z.string()).default({}),
  /** Text is sent as it stands; anything else as JSON. */
  body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
})

/**
 * In all that follows, null means: absent, and `${exchange}`, `${before}` (an earlier exchange), `${made}` (the id in its
 * answer) and `${secret}` (the gate's credential) stand for what they name; in a call, too, and there `${aws-key}` is a
 * credential of that kind, and `${say-aws-key}` has the provider answer with a sentence that holds it.
 */
const headers = z.record(z.string(), z.string().nullable()).default({})
const part = z.record(z.string(), z.unknown())
const texts = z.array(z.string().min(1)).default([])

const story = z.strictObject({
  story: z.string().min(20),
  /** A file of policies beside the clinic's own. */
  policies: z.string().optional(),
  /** An exchange of its own, earlier; `${before}` is its id. */
  before: call.optional(),
  call,
  upstream: z.array(
    z.strictObject({ path: z.string().optional(), headers, body: z.string().optional(), json: part.optional() }),
  ),
  caller: z.strictObject({
    status: z.int(),
    headers,
    /** The whole body. */
    body: z.string().optional(),
    /** Part of the body. */
    json: part.optional(),
    contains: texts,
    lacks: texts,
  }),
  trail: z.strictObject({
    decision: part,
    outcome: part,
    /** What stands in neither entry. */
    lacks: texts,
  }),
})

export type Story = z.infer<typeof story>
export type Call = z.infer<typeof call>

export function readStory(text: string): Story {
  return story.parse(parse(text, { version: '1.2', strict: true, merge: false }))
}
