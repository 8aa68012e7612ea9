// Figures of what the trail accepts, counted entry by entry. This runs for every request, in its way: no text is made here.
import type { Check, Finding } from '#access/finding.ts'
import type { DecisionEntry, Entry, OutcomeEntry } from '#access/trail.ts'
import type { Begun } from './begun.ts'
import { type Counter, makeCounter, OTHER } from './counter.ts'
import type { Family, Labels } from './family.ts'
import { makeHistogram } from './histogram.ts'
import {
  actionLabel,
  endLabel,
  grantLabel,
  indicatorLabel,
  NONE,
  reasonLabel,
  statusLabel,
  tokenReasonLabel,
  wordLabel,
} from './label-sets.ts'

/** Names of the bundle in force. */
export interface Names {
  isModel(name: string): boolean
  isProvider(name: string): boolean
}

export interface EntryFigures {
  decision(entry: DecisionEntry): void
  /** With the decision that it closes, where that is known. */
  outcome(entry: OutcomeEntry, begun: Begun | undefined): void
  other(entry: Exclude<Entry, DecisionEntry | OutcomeEntry>): void
  families(own: Labels): readonly Family[]
}

const STEP_BOUNDS = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000]
const REQUEST_BOUNDS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000].map(
  (ms) => ms * 1_000,
)

export function entryFigures(names: Names): EntryFigures {
  const entries = entriesFigure()
  const decisions = makeCounter({
    name: 'sallyport_decisions_total',
    help: 'Decisions, of policy or of a step before it.',
    labels: ['effect', 'action', 'reason'],
  })
  const requests = makeCounter({
    name: 'sallyport_requests_total',
    help: 'Requests that ended, by what the caller got; status 0: nothing.',
    labels: ['status', 'ended', 'reason'],
  })
  const verdicts = makeCounter({
    name: 'sallyport_verdicts_total',
    help: 'Messages that an inspector judged, by the strongest thing it did.',
    labels: ['inspector', 'direction', 'action'],
  })
  const findings = makeCounter({
    name: 'sallyport_findings_total',
    help: 'Findings as the audit log lists them: each kind and place of a message once.',
    labels: ['inspector', 'kind', 'action'],
    most: 512,
  })
  const tokens = makeCounter({
    name: 'sallyport_tokens_total',
    help: 'Tokens that providers counted.',
    labels: ['direction', 'model'],
  })
  const bytes = makeCounter({
    name: 'sallyport_answer_bytes_total',
    help: 'Bytes of bodies that callers got.',
    labels: [],
  })
  const attempts = makeCounter({
    name: 'sallyport_attempts_total',
    help: 'Attempts at providers; status 0: there was no answer.',
    labels: ['provider', 'status'],
  })
  const indicators = makeCounter({
    name: 'sallyport_indicators_total',
    help: 'Signs that a credential is where it should not be, or that somebody tries.',
    labels: ['indicator'],
  })
  const sessions = makeCounter({
    name: 'sallyport_sessions_total',
    help: 'Sessions that began, ended, were labelled or came to be trusted, by why.',
    labels: ['event', 'why'],
  })
  const accessTokens = makeCounter({
    name: 'sallyport_access_tokens_total',
    help: 'Tokens of sessions that were issued, refused and revoked, by the grant and the error.',
    labels: ['event', 'grant', 'reason'],
  })
  const spend = makeCounter({
    name: 'sallyport_spend_dollars_total',
    help: 'US dollars, by the prices of the bundle.',
    labels: ['model'],
  })
  const unpriced = makeCounter({
    name: 'sallyport_unpriced_total',
    help: 'Requests that used something for which the bundle has no price.',
    labels: ['model'],
  })
  const steps = makeHistogram({
    name: 'sallyport_step_seconds',
    help: 'How long a step of a request takes, with what is done for requests beside it meanwhile.',
    label: 'step',
    bounds: STEP_BOUNDS,
    most: 32,
  })
  const wholes = makeHistogram({
    name: 'sallyport_request_seconds',
    help: 'From the arrival of a request to its outcome, the provider included.',
    bounds: REQUEST_BOUNDS,
  })
  const waits = makeHistogram({
    name: 'sallyport_attempt_seconds',
    help: 'From sending a request to a provider to the head of its answer.',
    label: 'provider',
    bounds: REQUEST_BOUNDS,
  })
  const inOrder = [decisions, requests, verdicts, findings, steps, wholes, attempts, waits, tokens, bytes].concat([
    indicators,
    sessions,
    accessTokens,
    entries,
    spend,
    unpriced,
  ])
  const providers = new Map<string, string>()
  const word = rememberedWords(256)

  /** Of `provider/model`; remembered, so that a target is cut once. */
  const providerOf = (target: string): string => {
    const known = providers.get(target)
    if (known !== undefined) return known
    const name = target.slice(0, Math.max(0, target.indexOf('/')))
    const label = names.isProvider(name) ? name : OTHER
    if (label !== OTHER && providers.size < MOST_TARGETS) providers.set(target, label)
    return label
  }
  const checked = (checks: readonly Check[], from: number, found: readonly Finding[]): void => {
    for (let at = from; at < checks.length; at++) {
      const check = checks[at]
      if (!check) continue
      const name = word(check.name)
      if (check.verdict !== 'not-run') steps.observe(check.us, name)
      if (check.direction !== undefined) verdicts.add(1, name, check.direction, verdictOf(check, found))
    }
    for (const finding of found) {
      findings.add(1, word(finding.inspector), word(finding.kind), finding.action)
    }
  }

  return {
    decision(entry) {
      entries.add(1, 'decision')
      decisions.add(1, entry.decision, actionLabel(entry.action), reasonLabel(entry.reason))
      checked(entry.checks, 0, entry.findings)
    },
    outcome(entry, begun) {
      entries.add(1, 'outcome')
      requests.add(1, statusLabel(entry.status), entry.ended, reasonLabel(entry.reason))
      bytes.add(entry.bytes)
      checked(entry.checks, repeated(entry.checks, begun), entry.findings)
      if (entry.us !== undefined) wholes.observe(entry.us)
      for (const { target, status, us } of entry.attempts ?? []) {
        const provider = providerOf(target)
        attempts.add(1, provider, statusLabel(status))
        waits.observe(us, provider)
      }
      if (!entry.usage) return
      const model = modelLabel(begun, names)
      if (isCount(entry.usage.input)) tokens.add(entry.usage.input, 'input', model)
      if (isCount(entry.usage.output)) tokens.add(entry.usage.output, 'output', model)
      if (entry.cost === 'unpriced') unpriced.add(1, model)
      else if (isCount(entry.cost)) spend.add(entry.cost / 1_000_000, model)
    },
    other(entry) {
      entries.add(1, entry.kind)
      if (entry.kind === 'indicator') indicators.add(1, indicatorLabel(entry.indicator))
      if (entry.kind === 'session') sessions.add(1, entry.what, entry.what === 'end' ? endLabel(entry.why) : NONE)
      if (entry.kind === 'token')
        accessTokens.add(1, entry.what, grantLabel(entry.grant), tokenReasonLabel(entry.reason))
    },
    families: (own) => inOrder.map((each) => each.family(own)),
  }
}

export const entriesFigure = (): Counter =>
  makeCounter({ name: 'sallyport_entries_total', help: 'Entries that the audit log accepted.', labels: ['kind'] })

const MOST_TARGETS = 4_096

/** Names of steps and kinds of findings are few, and no pattern is worth running again for each. */
function rememberedWords(most: number): (word: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const label = known.get(text)
    if (label !== undefined) return label
    const made = wordLabel(text)
    if (known.size < most) known.set(text, made)
    return made
  }
}

const isCount = (count: number | undefined): count is number => count !== undefined && count >= 0

function modelLabel(begun: Begun | undefined, names: Names): string {
  if (begun?.resource.type !== 'Model') return NONE
  return names.isModel(begun.resource.id) ? begun.resource.id : OTHER
}

/** How many checks of an outcome its decision told already: those that are the very same. */
function repeated(checks: readonly Check[], begun: Begun | undefined): number {
  if (!begun) return 0
  let same = 0
  while (same < checks.length && checks[same] === begun.checks[same]) same++
  return same
}

const STRENGTH = ['flag', 'redact', 'hold', 'block'] as const

function verdictOf({ name, verdict }: Check, found: readonly Finding[]): string {
  if (verdict === 'not-run' || verdict === 'pass') return verdict
  let strongest = -1
  for (const { inspector, kind, action } of found) {
    if (inspector !== name || kind === 'unreadable') continue
    strongest = Math.max(strongest, STRENGTH.indexOf(action))
  }
  return STRENGTH[strongest] ?? (verdict === 'indeterminate' ? 'indeterminate' : OTHER)
}
