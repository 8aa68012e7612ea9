// One exchange as the trail holds it, read back into the shape in which it was written. The file is checked, not trusted:
// an entry that is not of this shape is not explained.
import { z } from 'zod'
import { findExchange, type SearchOptions } from '#audit/find-exchange.ts'

const link = z.object({ type: z.string(), id: z.string() })
const check = z.object({
  name: z.string(),
  verdict: z.enum(['pass', 'fail', 'not-run', 'indeterminate']),
  us: z.number(),
  direction: z.enum(['request', 'answer']).optional(),
})
const finding = z.object({
  inspector: z.string(),
  kind: z.string(),
  place: z.string(),
  action: z.string(),
  coverage: z.object({ seen: z.number(), of: z.number() }),
})
const policy = z.object({ id: z.string(), effect: z.enum(['permit', 'forbid']), file: z.string(), line: z.number() })
const clause = z.object({ text: z.string(), line: z.number(), holds: z.boolean(), because: z.string().optional() })

const grounds = z.object({
  policies: z.array(policy),
  erring: z.array(policy.extend({ error: z.string() })),
  nearest: policy.extend({ clauses: z.array(clause) }).optional(),
  beyond: z.object({ grant: z.string(), lacks: z.enum(['model', 'action', 'trust']) }).optional(),
  tell: z.string().optional(),
})

const decision = z.looseObject({
  kind: z.literal('decision'),
  time: z.string(),
  exchange: z.string(),
  principal: link.extend({
    groups: z.array(z.string()).optional(),
    issuer: z.string().optional(),
    method: z.string().optional(),
    key: z.string().optional(),
    chain: z.array(link),
  }),
  action: z.string(),
  resource: link,
  also: z.array(z.object({ action: z.string(), resource: link })).optional(),
  decision: z.enum(['allow', 'ask', 'deny']),
  reason: z.string().optional(),
  indicator: z.string().optional(),
  subject: z.string().optional(),
  limit: z.object({ name: z.string(), whose: z.string() }).optional(),
  session: z.string().optional(),
  source: z.string().optional(),
  via: z.string().optional(),
  policies: z.array(z.string()),
  grounds: grounds.optional(),
  targets: z.array(z.string()).optional(),
  bundle: z.string(),
  findings: z.array(finding),
  checks: z.array(check),
})

const outcome = z.looseObject({
  kind: z.literal('outcome'),
  time: z.string(),
  status: z.number(),
  bytes: z.number(),
  ended: z.string(),
  reason: z.string().optional(),
  usage: z
    .looseObject({
      input: z.number().optional(),
      output: z.number().optional(),
      estimated: z.literal(true).optional(),
    })
    .optional(),
  cost: z.union([z.number(), z.literal('unpriced')]).optional(),
  attempts: z
    .array(z.object({ target: z.string(), status: z.number(), us: z.number(), error: z.string().optional() }))
    .optional(),
  findings: z.array(finding),
  checks: z.array(check),
})

export type RecordedDecision = z.infer<typeof decision>
export type RecordedOutcome = z.infer<typeof outcome>

export interface RecordedExchange {
  readonly log: string
  readonly index: number
  /** False while the decision stands in the journal alone, which nobody vouches for yet. */
  readonly signed: boolean
  readonly decision: RecordedDecision
  readonly outcome?: RecordedOutcome
}

/** Undefined where no log below `audit` knows of the exchange. */
export async function recordedExchange(
  audit: string,
  exchange: string,
  options: SearchOptions = {},
): Promise<RecordedExchange | undefined> {
  const found = await findExchange(audit, exchange, options)
  const [first] = found?.decisions ?? []
  if (!found || !first) return undefined
  const ended = found.outcomes.at(-1)
  return {
    log: first.log,
    index: first.entry.index,
    signed: first.signed,
    decision: decision.parse(first.entry),
    ...(ended ? { outcome: outcome.parse(ended.entry) } : {}),
  }
}
