// How long a decision takes: ten thousand policies, the worst that policies can be, the official package beside it, and
// whether the answers are the official ones. A decision is timed with the layer that holds the caller's own entity.
import { type EntityJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import type { Entity, EntityUid, RecordValue } from '#access/value.ts'
import { CORPUS, measureAgreement, readLines } from '#policy/cedar/corpus.ts'
import { type EntityLookup, entitySet } from '#policy/cedar/entity-set.ts'
import { explain, prepareExplanations } from '#policy/cedar/explain.ts'
import { parsePolicies } from '#policy/cedar/parse-policies.ts'
import { compilePolicies, type PolicySet } from '#policy/cedar/policy-set.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'

const SAMPLES = 100_000
/** Of the comparison with the official package. */
const TURNS = 30
const USERS = 1000
const TEAMS = 100
const MODELS = 200
const SYSTEMS = 20

const uid = (type: string, id: string | number): EntityUid => ({ type, id: String(id) })

export async function bench(args: readonly string[]): Promise<BenchResult> {
  const rows: BenchRow[] = []
  const large = compile(policyTexts(10_000))
  rows.push(timed('10,000 policies', large, asks()))
  rows.push(timed('10,000 policies, a denial explained', large, denials(), explained))
  rows.push(timed('100 policies', compile(policyTexts(100)), asks()))
  rows.push(timed('worst: 10,000 unscoped policies', compile(unscopedTexts(10_000)), asks(), undefined, 300))
  rows.push(timed('worst: caller in 1,000 groups, 200 deep', large, deepAsks()))
  rows.push(timed('worst: ten unscoped policies that all err', compile(erringTexts()), asks()))
  const [ours, theirs] = besideOfficial()
  rows.push(ours, theirs)
  const ratios = {
    us_at_10000: figure(rows[0], 'p50_us'),
    p99_us_at_10000: figure(rows[0], 'p99_us'),
    us_explained_at_10000: figure(rows[1], 'p50_us'),
    times_wasm_at_1000: figure(theirs, 'p50_us') / figure(ours, 'p50_us'),
  }
  const agreement = agreementWith(args)
  if (agreement === undefined) return benchResult('policy', rows, ratios)
  rows.push(agreement.row)
  return benchResult('policy', rows, { ...ratios, ...agreement.ratios })
}

function agreementWith(args: readonly string[]) {
  const at = args.indexOf('--rows')
  const path = at < 0 ? CORPUS : (args[at + 1] ?? '')
  const lines = readLines(path)
  if (lines === undefined && at >= 0) throw new Error(`--rows: there is no file ${path}`)
  if (lines === undefined) {
    console.log('not measured: agreement with the official corpus, as cedar-corpus.jsonl.gz is not beside the checkout')
    return undefined
  }
  const start = performance.now()
  const { agree, of, excluded, reasons, differing } = measureAgreement(lines)
  for (const difference of differing) console.log(`differs: ${difference}`)
  for (const [reason, count] of Object.entries(reasons)) console.log(`excluded: ${count} requests, ${reason}`)
  const seconds = Math.round((performance.now() - start) / 1000)
  const row: BenchRow = { case: 'agreement', target: 'official corpus', agree, of, excluded, seconds }
  return { row, ratios: { agree, of, excluded } }
}

/** No two of the policies for one user name the same model. */
function modelOf(at: number): number {
  return ((at % USERS) * 13 + Math.floor(at / USERS) * 37) % MODELS
}

/** 90 % for one principal and resource, 9.9 % for a group, the rest (at least one) for anybody. */
function policyTexts(count: number): readonly string[] {
  const unscoped = Math.max(1, Math.round(count / 1000))
  const grouped = Math.round(count * 0.099)
  return Array.from({ length: count }, (_, at) => {
    if (at < unscoped)
      return `forbid (principal, action, resource) when { context has label${at} && context.label${at} == "x" };`
    if (at < unscoped + grouped) {
      return `permit (principal in Team::"${at % TEAMS}", action in [Action::"infer", Action::"embed"], resource in System::"${(at * 7) % SYSTEMS}")
        when { context.tokens < ${1000 + at} && context.protocol == "openai-chat" };`
    }
    return `permit (principal == User::"${at % USERS}", action == Action::"infer", resource == Model::"${modelOf(at)}")
      when { context.tokens < 100000 && principal.active } unless { context.source.isInRange(ip("10.66.0.0/16")) };`
  })
}

function unscopedTexts(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, at) => `permit (principal, action, resource) when { context.tokens == ${900_000 + at} && context.stream };`,
  )
}

function erringTexts(): readonly string[] {
  return Array.from(
    { length: 10 },
    (_, at) => `permit (principal, action, resource) when { context.missing${at} == 1 };`,
  )
}

function compile(texts: readonly string[]): PolicySet {
  const { policies, errors } = parsePolicies([{ file: 'bench.cedar', text: texts.join('\n') }])
  if (errors.length > 0) throw new Error(JSON.stringify(errors[0]))
  const set = compilePolicies(policies)
  prepareExplanations(set)
  return set
}

const worldEntities: readonly Entity[] = [
  ...['infer', 'embed'].map((id) => ({ uid: uid('Action', id), attributes: {}, parents: [uid('Action', 'call')] })),
  { uid: uid('Action', 'call'), attributes: {}, parents: [] },
  ...Array.from({ length: TEAMS }, (_, at) => ({
    uid: uid('Team', at),
    attributes: {},
    parents: [uid('Org', at % 5)],
  })),
  ...Array.from({ length: SYSTEMS }, (_, at) => ({
    uid: uid('System', at),
    attributes: { tier: BigInt(at % 3) },
    parents: [],
  })),
  ...Array.from({ length: MODELS }, (_, at) => ({
    uid: uid('Model', at),
    attributes: { provider: 'clinic' },
    parents: [uid('System', at % SYSTEMS)],
  })),
]
const world = entitySet(worldEntities)

interface Ask {
  readonly principal: Entity
  readonly resource: EntityUid
  readonly context: RecordValue
  readonly beneath: EntityLookup
}

function caller(at: number): Entity {
  const parents = [uid('Team', at % TEAMS), uid('Team', (at * 3 + 1) % TEAMS), uid('Team', (at * 7 + 2) % TEAMS)]
  return { uid: uid('User', at % USERS), attributes: { active: true, name: `user ${at}` }, parents }
}

function contextOf(at: number): RecordValue {
  return {
    tokens: BigInt((at * 37) % 4000),
    protocol: 'openai-chat',
    model: `m${at % MODELS}`,
    stream: at % 2 === 0,
    source: { extension: { fn: 'ip', arg: `10.0.${at % 256}.7` } },
    now: { extension: { fn: 'datetime', arg: '2026-01-01T00:00:00Z' } },
    identity: { record: { issuer: 'demo', method: 'jwt', age_seconds: 12n } },
    findings: [],
    metadata: { record: { team: 'intake', ticket: `T-${at}` } },
    direct: true,
    link: 'origin',
  }
}

/** Half go to a resource that some policy names for the caller. */
function asks(): readonly Ask[] {
  return Array.from({ length: 4096 }, (_, at) => {
    const user = (at * 7919) % USERS
    const resource = at % 2 === 0 ? modelOf(user + USERS * (at % 9)) : (at * 31) % MODELS
    return { principal: caller(user), resource: uid('Model', resource), context: contextOf(at), beneath: world }
  })
}

function denials(): readonly Ask[] {
  return asks().map(({ principal, context, beneath }, at) => ({
    principal,
    resource: uid('Model', `unknown-${at}`),
    context,
    beneath,
  }))
}

function deepAsks(): readonly Ask[] {
  const chains = Array.from({ length: 1000 }, (_, at): Entity => {
    const parents = at % 200 === 199 ? [] : [uid('Group', at + 1)]
    return { uid: uid('Group', at), attributes: {}, parents }
  })
  const beneath = entitySet([...worldEntities, ...chains])
  const parents = [0, 200, 400, 600, 800].map((at) => uid('Group', at))
  const layered = asks().slice(0, 64)
  return layered.map(({ principal: { uid: name, attributes, parents: teams }, resource, context }) => ({
    principal: { uid: name, attributes, parents: [...teams, ...parents] },
    resource,
    context,
    beneath,
  }))
}

function decide(set: PolicySet, ask: Ask): string {
  return set.evaluate(requestOf(ask)).decision
}

function explained(set: PolicySet, ask: Ask): string {
  const request = requestOf(ask)
  const { decision } = set.evaluate(request)
  return decision === 'deny' ? (explain(set, request)?.id ?? '') : decision
}

function requestOf({ principal, resource, context, beneath }: Ask) {
  const entities = entitySet([principal], beneath)
  return { principal: principal.uid, action: uid('Action', 'infer'), resource, context, entities }
}

function timed(name: string, set: PolicySet, given: readonly Ask[], run = decide, samples = SAMPLES): BenchRow {
  const times = new Float64Array(samples)
  // A context made just now, as the gate makes it: neither cold in memory nor with an address that was read before.
  const pick = (at: number) => {
    const { principal, resource, beneath } = given[at % given.length] as Ask
    return { principal, resource, context: contextOf(at), beneath }
  }
  // A gate that has served for a while: the code is compiled, and what loading the policies left behind is gone.
  for (let at = 0; at < 2 * samples; at += 1) run(set, pick(at))
  Bun.gc(true)
  let allowed = 0
  for (let at = 0; at < samples; at += 1) {
    const ask = pick(at)
    const start = Bun.nanoseconds()
    const answer = run(set, ask)
    times[at] = Bun.nanoseconds() - start
    if (answer === 'allow') allowed += 1
  }
  return {
    case: name,
    target: 'sallyport',
    ...percentiles(times),
    allowed_percent: Math.round((100 * allowed) / samples),
  }
}

function percentiles(nanoseconds: Float64Array) {
  const sorted = nanoseconds.toSorted()
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1000
  return { p50_us: at(0.5), p99_us: at(0.99), max_us: at(1) }
}

function figure(row: BenchRow | undefined, name: string): number {
  return Number(row?.[name])
}

/** In turns of a thousand decisions and of twenty, so that both meet the same noise; the official side is given its policies parsed beforehand. */
function besideOfficial(): readonly [BenchRow, BenchRow] {
  const texts = policyTexts(1000)
  const set = compile(texts)
  const staticPolicies = Object.fromEntries(texts.map((text, at) => [`policy${at}`, text]))
  const parsed = preparsePolicySet('bench', { staticPolicies })
  if (parsed.type === 'failure') throw new Error(parsed.errors[0]?.message)
  const given = asks()
  for (let at = 0; at < 50_000; at += 1) decide(set, given[at % given.length] as Ask)
  const [ours, theirs] = [new Float64Array(TURNS * 1000), new Float64Array(TURNS * 20)]
  for (let turn = 0; turn < TURNS; turn += 1) {
    const asked = given.slice(turn * 100, turn * 100 + 100)
    const answers: string[] = []
    for (let at = 0; at < 1000; at += 1) {
      const start = Bun.nanoseconds()
      const answer = decide(set, asked[at % 100] as Ask)
      ours[turn * 1000 + at] = Bun.nanoseconds() - start
      if (at < 20) answers.push(answer)
    }
    for (const [at, answer] of answers.entries()) {
      const call = officialCall(asked[at] as Ask)
      const start = Bun.nanoseconds()
      const official = statefulIsAuthorized(call)
      theirs[turn * 20 + at] = Bun.nanoseconds() - start
      const decision = official.type === 'success' ? official.response.decision : official.errors[0]?.message
      if (decision !== answer) throw new Error(`the official engine says ${decision}, we say ${answer}`)
    }
  }
  return [
    { case: '1,000 policies, in turn', target: 'sallyport', ...percentiles(ours) },
    { case: '1,000 policies, in turn', target: 'cedar-wasm, policies parsed beforehand', ...percentiles(theirs) },
  ]
}

/** Only the entities that the request touches: all of them would cost the official side more. */
function officialCall({ principal, resource, context }: Ask) {
  const touched = [resource, ...principal.parents].flatMap((name) =>
    worldEntities.filter((entity) => entity.uid.type === name.type && entity.uid.id === name.id),
  )
  const entities = [principal, ...touched].map((entity) => ({
    uid: entity.uid,
    attrs: json({ record: entity.attributes }),
    parents: entity.parents,
  }))
  return {
    principal: principal.uid,
    action: uid('Action', 'infer'),
    resource,
    context: json({ record: context }) as Record<string, never>,
    preparsedPolicySetId: 'bench',
    entities: entities as unknown as EntityJson[],
  }
}

function json(value: RecordValue[string]): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(json)
  if ('record' in value)
    return Object.fromEntries(Object.entries(value.record).map(([name, field]) => [name, json(field)]))
  return 'extension' in value ? { __extn: value.extension } : { __entity: (value as { entity: EntityUid }).entity }
}
