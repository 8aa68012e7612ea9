// `sallyport explain EXCHANGE`: who, what, why, and what came of it, from the trail alone: nothing is decided again.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { findExchange, NOT_ALL_SEARCHED } from '#audit/find-exchange.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'
import { ulidTime } from '#lib/ulid.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import {
  type RecordedDecision,
  type RecordedExchange,
  type RecordedOutcome,
  recordedExchange,
} from './recorded-exchange.ts'
import { type Paint, painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { recordRead } from './reader-log.ts'
import { plainLines, plainTexts, printJson } from './terminal.ts'

export async function explain(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: { json: { type: 'boolean' } },
    allowPositionals: true,
  })
  const [id] = positionals
  if (id === undefined || positionals.length > 1)
    throw new UsageError('explain takes one exchange id, as in x-sallyport-exchange')
  const recorded = await recordedExchange(join(io.settings.home, 'audit'), id)
  await recordExplaining(id, recorded?.log, io)
  if (!recorded) {
    io.err(plain(`sallyport: no log in ${join(io.settings.home, 'audit')} knows of this exchange`))
    const searched = await findExchange(join(io.settings.home, 'audit'), id)
    if (searched?.complete === false) io.err(NOT_ALL_SEARCHED)
    return 1
  }
  if (await isStrange(recorded.log, io.settings.home)) {
    io.err(
      plain(
        `sallyport: no key in keys/ is that of the log ${recorded.log}: anybody may have written what follows; see sallyport audit verify --all`,
      ),
    )
  }
  const texts = await policyTexts(recorded, io.settings.home)
  if (values.json === true) io.out(printJson({ ...recorded, texts: Object.fromEntries(texts) }, 2))
  else for (const line of explanation(recorded, texts, painter(io.color))) io.out(line)
  return 0
}

/** That nobody knows of an exchange is an answer, too; of what can be no exchange, and where no logs are, nothing was read. */
async function recordExplaining(exchange: string, log: string | undefined, io: Io): Promise<void> {
  if (ulidTime(exchange) === undefined || !existsSync(join(io.settings.home, 'audit'))) return
  await recordRead(io, { what: 'explain', subject: log ?? '*', selection: {}, exchange })
}

/** Whether the logs here have keys, and this one has none. Whoever may not see the keys is not told. */
async function isStrange(log: string, home: string): Promise<boolean> {
  const keys = await readdir(join(home, 'keys')).catch((): string[] => [])
  return keys.some((name) => name.startsWith('audit-')) && !keys.includes(`audit-${log}.key`)
}

export function explanation(
  recorded: RecordedExchange,
  texts: ReadonlyMap<string, string>,
  paint: Paint,
): readonly string[] {
  // Whatever a caller, a provider or a policy's author wrote is in there: no text of it may steer a terminal.
  const { log, index, signed, decision, outcome } = plainTexts(recorded)
  const statements = new Map([...texts].map(([id, text]) => [plain(id), text]))
  return [
    headline(decision, outcome, paint),
    ...who(decision),
    ...why(decision, statements, paint),
    ...checks(decision, outcome, paint),
    ...found(decision, outcome),
    ...what(outcome),
    ` record  ${log} entry ${index}   ${decision.time}   bundle ${decision.bundle.slice(0, 12)}${signed ? '' : '   not signed yet'}`,
  ]
}

function headline(decision: RecordedDecision, outcome: RecordedOutcome | undefined, paint: Paint): string {
  const verdict = decision.decision === 'allow' ? allowed(outcome, paint) : paint.bad('DENIED')
  const also = (decision.also ?? []).map(({ action }) => ` + ${action}`).join('')
  const path = `${decision.principal.id} → ${decision.action}${also} → ${decision.resource.id}`
  return `${verdict}  ${path.padEnd(46)}  ${sent(decision, outcome)}`
}

/** What was asked was allowed; what came back may still have been stopped. */
const allowed = (outcome: RecordedOutcome | undefined, paint: Paint): string =>
  outcome?.reason === 'content_blocked' ? paint.bad('ALLOWED, answer blocked') : paint.good('ALLOWED')

function sent(decision: RecordedDecision, outcome: RecordedOutcome | undefined): string {
  if (decision.decision !== 'allow' || (outcome && !outcome.attempts && decision.targets)) return 'nothing was sent'
  if (!decision.targets) return 'answered by the gate itself'
  const attempts = outcome?.attempts ?? []
  const tried = attempts.map(({ target }) => target).join(', then ')
  if (attempts.length > 0 && attempts.every(({ error = '' }) => UNSENT.has(error)))
    return `tried ${tried}: nothing was sent`
  return `sent to ${tried || decision.targets.join(' or ')}`
}

const UNSENT: ReadonlySet<string> = new Set(['provider_unreachable', 'provider_address_refused'])

/** What is refused for its form is refused before anybody looked who asks. */
const UNPROVEN: ReadonlySet<string> = new Set([
  'unauthenticated',
  'malformed_proof',
  'ambiguous_proof',
  'groups_omitted',
  'proof_required',
  'too_many_attempts',
])

function who({ principal, reason = '', session, source, via }: RecordedDecision): readonly string[] {
  const from = source === undefined ? '' : `   from ${source}${via === undefined ? '' : `, says ${via}`}`
  if (principal.type === 'Anonymous') {
    return [
      ` who     ${nobody(reason, session)}${from}`,
      // It is not known that whoever showed the token may: who began the session is no answer to who asked.
      ...(session === undefined ? [] : [` session ${session}   whose: sallyport session show`]),
    ]
  }
  const groups = principal.groups?.length ? `groups ${principal.groups.join(', ')}` : 'no groups'
  const [, ...behind] = principal.chain.map(({ type, id }) => `${type} ${id}`)
  const chain = behind.length > 0 ? `, for ${behind.join(', for ')}` : ''
  return [
    ` who     ${principal.type} ${principal.id}, ${groups} (${proofOf(principal)})${chain}${from}`,
    ...(session === undefined ? [] : [` session ${session}`]),
  ]
}

function nobody(reason: string, session: string | undefined): string {
  if (reason === 'session_ended' && session !== undefined) return 'nobody: a token of a session that is over'
  return UNPROVEN.has(reason) ? 'nobody: no credential that holds' : 'not asked'
}

const BESIDE: Readonly<Record<string, string>> = {
  'key-and-network': ' and a network',
  'key-and-user-token': " and a user's token",
  'personal-key': ', personal',
}

function proofOf({ key, method, issuer }: RecordedDecision['principal']): string {
  if (method === 'session') return `a session's token${key === undefined ? '' : `, begun with key ${key}`}`
  return key === undefined ? `JWT, issuer ${issuer ?? 'unknown'}` : `key ${key}${BESIDE[method ?? ''] ?? ''}`
}

function why(
  { grounds, reason, decision, indicator, subject, limit }: RecordedDecision,
  texts: ReadonlyMap<string, string>,
  paint: Paint,
): readonly string[] {
  if (limit) return [` limit   policy permits it, but "${limit.name}" of ${limit.whose} is used up`]
  if (!grounds) {
    const sign = indicator === undefined ? '' : ` (${[indicator, subject].filter(Boolean).join(' ')})`
    return [` why     refused before policy was asked: ${reason ?? 'unknown'}${sign}`]
  }
  const lines = grounds.policies.flatMap((policy, at) => [
    `${at === 0 ? ' policy ' : '        '} ${policy.effect} ${policy.id}  ${policy.file}:${policy.line}`,
    ...indented(texts.get(policy.id)),
  ])
  if (decision === 'allow' && lines.length === 0) lines.push(' policy  the list is empty: it shows what is permitted')
  if (grounds.beyond)
    lines.push(` grant   policy permits it, but ${grounds.beyond.grant} does not hold this ${grounds.beyond.lacks}`)
  else if (grounds.policies.length === 0) lines.push(...nearest(grounds, paint))
  for (const { id, file, line, error, effect } of grounds.erring) {
    lines.push(` erred   ${effect} ${id}  ${file}:${line}  ${error}`)
  }
  if (grounds.tell !== undefined) lines.push(` told    ${grounds.tell}`)
  return lines
}

function nearest({ nearest: near }: NonNullable<RecordedDecision['grounds']>, paint: Paint): readonly string[] {
  if (!near) return [' policy  no permit applies, and none is near']
  return [
    ` policy  no permit applies. Nearest: ${near.id}  ${near.file}:${near.line}`,
    ...near.clauses
      .filter(({ holds }) => !holds)
      .map(({ text, line, because }) => {
        const shown = text.replaceAll(/\s+/g, ' ')
        return `         ${shown}   ${paint.bad('✗')} ${because ?? 'does not hold'}  ${near.file}:${line}`
      }),
  ]
}

const indented = (text: string | undefined): readonly string[] =>
  text === undefined ? [] : plainLines(text).map((line) => `           ${line}`)

const SYMBOLS = { pass: '✓', fail: '✗', indeterminate: '?' } as const

function checks(decision: RecordedDecision, outcome: RecordedOutcome | undefined, paint: Paint): readonly string[] {
  const all = outcome && outcome.checks.length >= decision.checks.length ? outcome.checks : decision.checks
  if (all.length === 0) return []
  const ran = all.flatMap((check) => (check.verdict === 'not-run' ? [] : [{ ...check, verdict: check.verdict }]))
  const shown = ran.map(({ name, verdict, us, direction }) => {
    const symbol =
      verdict === 'pass' ? paint.good(SYMBOLS.pass) : verdict === 'fail' ? paint.bad(SYMBOLS.fail) : SYMBOLS[verdict]
    return `${name}${direction === 'answer' ? ' (answer)' : ''} ${symbol} ${us} µs`
  })
  const left = all.filter(({ verdict }) => verdict === 'not-run').map(({ name }) => `${name}: not run, denied anyway`)
  return rowsOf([...shown, ...left]).map((row, at) => `${at === 0 ? ' checks ' : '        '} ${row}`)
}

const CHECKS_A_LINE = 4
/** What a line of 100 columns leaves. */
const ROOM = 91

/** As many as fit. Colour has no width. */
function rowsOf(cells: readonly string[]): readonly string[] {
  const rows: string[][] = [[]]
  for (const cell of cells) {
    const row = rows.at(-1) ?? []
    const width = stripVTControlCharacters([...row, cell].join('   ')).length
    if (row.length > 0 && (row.length === CHECKS_A_LINE || width > ROOM)) rows.push([cell])
    else row.push(cell)
  }
  return rows.map((row) => row.join('   '))
}

const DONE: Readonly<Record<string, string>> = { flag: 'flagged', redact: 'redacted', block: 'blocked', hold: 'held' }

/** What inspection found, by kind and place. What it matched stands nowhere. */
function found(decision: RecordedDecision, outcome: RecordedOutcome | undefined): readonly string[] {
  const all = [
    ...decision.findings.map((finding) => ['request', finding] as const),
    ...(outcome?.findings ?? []).map((finding) => ['answer', finding] as const),
  ]
  return all.map(([where, { kind, place, action, coverage }], at) => {
    const read = coverage.seen === coverage.of ? '' : `   ${coverage.seen} of ${coverage.of} bytes could be read`
    const done = kind === 'unreadable' ? 'passed unread' : (DONE[action] ?? action)
    return `${at === 0 ? ' found  ' : '        '} ${kind}   ${where} ${place}   ${done}${read}`
  })
}

function what(outcome: RecordedOutcome | undefined): readonly string[] {
  if (!outcome) return [' outcome not recorded yet']
  const usage = usageOf(outcome)
  const reason = outcome.reason === undefined ? '' : ` (${outcome.reason})`
  const lines = [` outcome ${outcome.ended}${reason}   status ${outcome.status}   ${outcome.bytes} bytes${usage}`]
  for (const { target, status, us, error } of outcome.attempts ?? []) {
    lines.push(`         ${target}  ${error ?? `status ${status}`}  ${(us / 1000).toFixed(1)} ms`)
  }
  return lines
}

function usageOf({ usage, cost }: RecordedOutcome): string {
  if (!usage) return ''
  const { input = '?', output = '?', estimated } = usage
  const counted = `   ${input} tokens in, ${output} out${estimated ? ' (estimated)' : ''}`
  return typeof cost === 'number' ? `${counted}   ${(cost / 1_000_000).toFixed(6)} USD` : counted
}

/** The determining policies' own text, from the bundle that was in force then. */
async function policyTexts({ decision }: RecordedExchange, home: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const { id, file, line } of decision.grounds?.policies ?? []) {
    if (!/^[0-9a-f]{64}$/.test(decision.bundle) || file.split('/').includes('..')) continue
    const text = await readRegularFile(join(home, 'bundles', decision.bundle, file), MOST.bundle).catch(() => undefined)
    if (text !== undefined) texts.set(id, statementAt(text.toString(), line))
  }
  return texts
}

/** From a line to the first line that ends a statement. */
function statementAt(text: string, line: number): string {
  const lines = text.split('\n').slice(line - 1)
  const end = lines.findIndex((each) => each.trimEnd().endsWith(';'))
  return lines.slice(0, end < 0 ? 20 : end + 1).join('\n')
}
