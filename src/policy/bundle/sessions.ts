// `sessions:`: how long sessions last, and what ends them. What the bundle does not say is said here; what it says lies
// within the hard maxima of its tier.
import { countIn } from './amounts.ts'
import type { SessionBounds, SessionsConfig, Tier } from './config.ts'
import { booleanOf, fault, type Field, fieldsOf, integerOf, listOf, textOf } from './field.ts'
import { quote } from './problem.ts'
import { durationOf } from './units.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export const DEFAULT_SESSIONS: SessionsConfig = {
  tiers: {
    1: {
      duration: 8 * HOUR,
      idle: HOUR,
      token: 15 * MINUTE,
      tokens: 10_000_000,
      calls: 10_000,
      clean: 0,
      outOfScope: 20,
      misuse: 0,
    },
    2: {
      duration: 4 * HOUR,
      idle: 30 * MINUTE,
      token: 15 * MINUTE,
      tokens: 2_000_000,
      calls: 2_000,
      clean: 0,
      outOfScope: 10,
      misuse: 5,
    },
    3: {
      duration: 30 * MINUTE,
      idle: 10 * MINUTE,
      token: 5 * MINUTE,
      tokens: 500_000,
      calls: 500,
      clean: 5,
      outOfScope: 3,
      misuse: 1,
    },
  },
  implicit: { duration: 8 * HOUR, idle: 30 * MINUTE },
  conversation: ['conversation_id', 'session_id'],
  clients: { documents: true, registration: [] },
}

const MOST_DURATION: Readonly<Record<Tier, number>> = { 1: 24 * HOUR, 2: 4 * HOUR, 3: 30 * MINUTE }
const MOST_TOKEN = 15 * MINUTE
const LEAST = 1_000

const TIER_KEYS = {
  known: ['duration', 'idle', 'token', 'tokens', 'calls', 'clean', 'out-of-scope', 'misuse'],
} as const

export function readSessions(field: Field | undefined): SessionsConfig {
  const known = ['tier-1', 'tier-2', 'tier-3', 'implicit', 'conversation', 'clients']
  const fields = field && fieldsOf(field, { known })
  const { tiers, implicit } = DEFAULT_SESSIONS
  const tierOf = (tier: Tier): SessionBounds => {
    const inside = fields?.get(`tier-${tier}`)
    return (inside && boundsOf(inside, tier)) ?? tiers[tier]
  }
  const conversation = fields?.get('conversation')
  const implicitField = fields?.get('implicit')
  return {
    tiers: { 1: tierOf(1), 2: tierOf(2), 3: tierOf(3) },
    implicit: implicitField ? implicitOf(implicitField) : implicit,
    conversation: (conversation && listed(conversation, 'metadata fields', memberOf)) ?? DEFAULT_SESSIONS.conversation,
    clients: clientsOf(fields?.get('clients')),
  }
}

function boundsOf(field: Field, tier: Tier): SessionBounds | undefined {
  const usual = DEFAULT_SESSIONS.tiers[tier]
  const fields = fieldsOf(field, TIER_KEYS)
  if (!fields) return undefined
  const count = (key: string, least: number, most: number): number | undefined => {
    const inside = fields.get(key)
    return inside && countIn(inside, least, most)
  }
  const times = timesOf(fields, usual, MOST_DURATION[tier])
  const tokenField = fields.get('token')
  const clean = fields.get('clean')
  if (clean && tier !== 3) fault(clean, 'counts in tier 3 only: elsewhere nothing is to be earned', 'Remove it.')
  return {
    ...times,
    token: (tokenField && durationOf(tokenField, LEAST, MOST_TOKEN)) ?? Math.min(usual.token, times.duration),
    tokens: count('tokens', 1, 1e12) ?? usual.tokens,
    calls: count('calls', 1, 1e9) ?? usual.calls,
    clean: (clean && integerOf(clean, 1, 10_000)) ?? usual.clean,
    outOfScope: count('out-of-scope', 1, 1000) ?? usual.outOfScope,
    // Above tier 1 a token that somebody else shows ends what it belongs to, sooner or later.
    misuse: count('misuse', tier === 1 ? 0 : 1, 1000) ?? usual.misuse,
  }
}

type Times = Pick<SessionBounds, 'duration' | 'idle'>

/** A session that is shorter than what it may be idle would never end for that. */
function timesOf(fields: ReadonlyMap<string, Field>, usual: Times, most: number): Times {
  const [durationField, idleField] = [fields.get('duration'), fields.get('idle')]
  const duration = (durationField && durationOf(durationField, LEAST, most)) ?? usual.duration
  const idle = idleField && durationOf(idleField, LEAST, most)
  if (idleField && idle !== undefined && idle > duration) {
    fault(idleField, 'is longer than the session lasts, so it would never end one', 'Write less than `duration`.')
  }
  return { duration, idle: idle ?? Math.min(usual.idle, duration) }
}

function implicitOf(field: Field): Times {
  const fields = fieldsOf(field, { known: ['duration', 'idle'] })
  return timesOf(fields ?? new Map<string, Field>(), DEFAULT_SESSIONS.implicit, MOST_DURATION[1])
}

function clientsOf(field: Field | undefined): SessionsConfig['clients'] {
  const fields = field && fieldsOf(field, { known: ['documents', 'registration'] })
  const documents = fields?.get('documents')
  const registration = fields?.get('registration')
  return {
    documents: (documents && booleanOf(documents)) ?? DEFAULT_SESSIONS.clients.documents,
    registration: (registration && listed(registration, 'names of programs', programOf)) ?? [],
  }
}

/** An empty list is fine here: it switches off. */
const listed = (field: Field, what: string, read: (item: Field) => string | undefined): readonly string[] | undefined =>
  field.node.kind === 'list' && field.node.items.length === 0 ? [] : listOf(field, what, read)

function memberOf(field: Field): string | undefined {
  const text = textOf(field, 'the name of a metadata field')
  if (text === undefined || /^[\w.-]{1,64}$/.test(text)) return text
  const fix = 'Use letters, digits, dot, dash and underscore.'
  return fault(field, `is not the name of a metadata field: ${quote(text)}`, fix)
}

/** As the program calls itself (`client_name`, RFC 7591 section 2): compared whole. */
function programOf(field: Field): string | undefined {
  const text = textOf(field, 'the name of a program')
  if (text === undefined || /^[A-Za-z0-9][A-Za-z0-9 ._()/+-]{0,63}$/.test(text)) return text
  return fault(
    field,
    `is not the name of a program: ${quote(text)}`,
    'Write it as the program calls itself: letters, digits, spaces and . _ - / + ( ).',
  )
}
