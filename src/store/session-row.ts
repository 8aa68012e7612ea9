// A session as a row of `runtime.db`: what was declared as one JSON text, which never changes, and beside it the columns that do.
import { hash } from 'node:crypto'
import { z } from 'zod'
import { chainOf } from '#access/principal.ts'
import type { EndReason, Session, SessionState } from '#access/session.ts'
import type { Trust } from '#access/task.ts'
import { CHAIN, parseChain, printChain, TASK, TIER } from './session-row-principal.ts'

export interface SessionRow {
  readonly declared: string
  readonly root: string
  readonly trust: string
  readonly used_at: number
  readonly calls: number
  readonly tokens: number
  readonly tool_calls: number
  readonly clean: number
  readonly out_of_scope: number
  readonly misuse: number
  readonly flags: number
  /** A JSON array. */
  readonly labels: string
  readonly ended_at: number | null
  readonly ended_why: string | null
  readonly ended_by: string | null
}

const COUNT = z.int().min(0)

const BOUNDS = z
  .strictObject({
    expires: COUNT,
    idle: COUNT,
    tokens: COUNT,
    calls: COUNT,
    clean: COUNT,
    outOfScope: COUNT,
    misuse: COUNT,
  })
  .readonly()

const BINDING = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('key'), jkt: z.string() }).readonly(),
  z.strictObject({ by: z.literal('network'), networks: z.array(z.string()).readonly() }).readonly(),
  z.strictObject({ by: z.literal('nothing') }).readonly(),
])

const DECLARED = z.strictObject({
  id: z.string(),
  kind: z.enum(['declared', 'implicit']),
  parent: z.string().exactOptional(),
  tier: TIER,
  chain: CHAIN,
  client: z.string().exactOptional(),
  task: TASK.exactOptional(),
  binding: BINDING,
  bounds: BOUNDS,
  began: COUNT,
  rules: z.string(),
  conversation: z.string().exactOptional(),
})

const TRUST = z.enum(['initial', 'standard', 'elevated'])
const WHY = z.enum([
  'expired',
  'idle',
  'tokens',
  'calls',
  'out-of-scope',
  'misuse',
  'refresh-reused',
  'revoked',
  'ended',
  'parent-ended',
  'rules-changed',
])
const LABELS = z.array(z.string())

/** Throws for what is no session. */
export function printSession({ principal, ...rest }: Session): string {
  return JSON.stringify(DECLARED.parse({ ...rest, chain: printChain(principal) }))
}

/** Throws for what is no session. */
export function parseSession(text: string): Session {
  const { chain, ...rest } = DECLARED.parse(JSON.parse(text))
  return { ...rest, principal: parseChain(chain) }
}

/** `session` is what `row.declared` says. Throws where the rest of the row cannot be read. */
export function stateOf(session: Session, row: SessionRow): SessionState {
  const state = {
    session,
    root: row.root,
    trust: row.trust === 'standard' ? row.trust : TRUST.parse(row.trust),
    usedAt: row.used_at,
    calls: row.calls,
    tokens: row.tokens,
    toolCalls: row.tool_calls,
    clean: row.clean,
    outOfScope: row.out_of_scope,
    misuse: row.misuse,
    flags: row.flags,
    labels: row.labels === '[]' ? [] : LABELS.parse(JSON.parse(row.labels)).toSorted(),
  }
  const ended = endingOf(row)
  return ended === undefined ? state : { ...state, ended }
}

function endingOf({ ended_at, ended_why, ended_by }: SessionRow): SessionState['ended'] {
  if (ended_at === null) return undefined
  return { at: ended_at, why: parseWhy(ended_why), by: ended_by ?? 'gate' }
}

export const parseWhy = (why: string | null): EndReason => WHY.parse(why)

/** Where nothing has to be earned, nobody begins below `standard`. */
export const firstTrust = ({ bounds }: Session): Trust => (bounds.clean === 0 ? 'standard' : 'initial')

/** Names of the chain, as they are looked for: `User::alice`. */
export const linksOf = ({ principal }: Session): ReadonlySet<string> =>
  new Set(chainOf(principal).map(({ type, id }) => `${type}::${id}`))

/** Names one conversation of one subject: JSON keeps apart what joining would not, halves of surrogate pairs included. */
export const conversationKey = (subject: string, conversation: string): Uint8Array =>
  hash('sha256', JSON.stringify([subject, conversation]), 'buffer')
