// The task that a client declares for a session (RFC 9396): one object of one type, strictly read. Its words stand in the log and in
// tokens, so whatever looks like a credential is not taken.
import { z } from 'zod'
import { readJson } from '#lib/json.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { TASK } from './grant-types.ts'
import { OAuthRefusal } from './oauth-refusal.ts'

/** What is absent was not declared. */
export interface DeclaredTask {
  readonly type: string
  readonly domain?: string
  readonly models?: readonly string[]
  readonly actions?: readonly string[]
  readonly output: 'text' | 'text-and-changes'
}

/** Control characters and what is not seen could make one task look like another where it is printed. */
const printable = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine(
      (text) => text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text),
      'has characters that are not printable',
    )

const names = z.array(printable(128)).min(1).max(64)

const DETAIL = z.strictObject({
  type: z.literal(TASK),
  task: printable(128),
  domain: printable(256).optional(),
  models: names.optional(),
  actions: z.array(z.enum(MODEL_ACTIONS)).min(1).optional(),
  tools: z.array(z.unknown()).max(0, 'must be empty: no tools are served here yet').optional(),
  output: z.enum(['text', 'text-and-changes']).default('text'),
})

export type HoldsCredential = (text: string) => boolean

/** Throws OAuthRefusal `invalid_authorization_details`. */
export function readTask(details: unknown, holdsCredential: HoldsCredential): DeclaredTask {
  const read = z.tuple([DETAIL]).safeParse(details)
  if (!read.success) throw wrong(tell(read.error))
  const [{ task, domain, models, actions, output }] = read.data
  for (const [name, words] of Object.entries({ task, domain })) {
    if (words !== undefined && holdsCredential(words)) {
      throw wrong(`${name}: holds what looks like a credential; leave it out`)
    }
  }
  return {
    type: task,
    output,
    ...(domain === undefined ? {} : { domain }),
    ...(models === undefined ? {} : { models }),
    ...(actions === undefined ? {} : { actions }),
  }
}

/** The parameter `authorization_details`, as it was sent once; undefined where it was not. */
export function parseTask(text: unknown, holdsCredential: HoldsCredential): DeclaredTask | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  let details: unknown
  try {
    // First the strict reader, for what two parsers could read differently.
    readJson(Buffer.from(text), { maxDepth: 8, maxValues: 1000 })
    details = JSON.parse(text)
  } catch {
    throw wrong('is no JSON, or says something twice')
  }
  return readTask(details, holdsCredential)
}

function tell({ issues: [first] }: z.ZodError): string {
  if (!first) return 'cannot be read'
  if (first.path.length === 0) return `must be a list of one object of type ${TASK}`
  const place = first.path.slice(1).join('.')
  return `${place === '' ? 'its object' : place}: ${first.message}`
}

const wrong = (what: string): OAuthRefusal =>
  new OAuthRefusal('invalid_authorization_details', `authorization_details: ${what}`)
