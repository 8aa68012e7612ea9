// The official corpus as the tests and the benchmark read it: policy sets with requests and what the official engine
// answered. Not used by the gate. The surprise: JSON longs lie beyond 2^53 here, so numbers are read from their text.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Entity, RecordValue } from '#access/value.ts'
import { type EntityLookup, entitySet } from './entity-set.ts'
import { parsePolicies } from './parse-policies.ts'
import { compilePolicies, type PolicySet } from './policy-set.ts'
import { construct, type RuntimeRecord, type RuntimeValue } from './runtime-value.ts'
import { uidOf, type UidJson } from './policy-json.ts'
import { parseDatetime, parseDuration } from './datetime.ts'

interface EntityJson {
  readonly uid: UidJson
  readonly attrs: Readonly<Record<string, unknown>>
  readonly parents: readonly UidJson[]
  readonly tags?: Readonly<Record<string, unknown>>
}

export interface CorpusRequest {
  readonly principal: UidJson
  readonly action: UidJson
  readonly resource: UidJson
  readonly context: Readonly<Record<string, unknown>>
  readonly decision: string
  readonly reason: readonly string[]
  readonly errors: readonly string[]
}

export interface CorpusRow {
  readonly id: string
  readonly policies: string
  readonly entities: readonly EntityJson[]
  readonly requests: readonly CorpusRequest[]
}

export interface Agreement {
  readonly agree: number
  /** All requests of the rows, less `excluded`. */
  readonly of: number
  readonly excluded: number
  /** Why requests were excluded, and how many for each reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** The first few that differ, for a reader. */
  readonly differing: readonly string[]
}

/** `../shared/data` beside the checkout. */
export const CORPUS = fileURLToPath(new URL('../../../../shared/data/cedar-corpus.jsonl.gz', import.meta.url))

/** The lines of a `.jsonl` or `.jsonl.gz` file, or undefined where there is none. */
export function readLines(path: string): readonly string[] | undefined {
  if (!existsSync(path)) return undefined
  const bytes = readFileSync(path)
  const text = path.endsWith('.gz') ? gunzipSync(bytes) : bytes
  return text
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
}

/** What a gateway never sends and the official parser cannot hand over, by a property of the row. */
function exclusion(line: string, problem: string | undefined): string | undefined {
  if (
    /\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|[c-fC-F])/.test(line) &&
    !/\\u[dD][89abAB]..\\u[dD][c-fC-F]/.test(line)
  ) {
    return 'surrogate characters'
  }
  if (problem !== undefined && /deeper than|in a row|conditions in one policy/.test(problem)) {
    return 'policies nested deeper than the official parser is trusted with'
  }
  return undefined
}

export function measureAgreement(lines: readonly string[]): Agreement {
  const reasons: Record<string, number> = {}
  const differing: string[] = []
  let [agree, of] = [0, 0]
  for (const line of lines) {
    const row = readRow(line)
    const { policies, errors } = parsePolicies([{ file: row.id, text: row.policies }])
    const reason = exclusion(line, errors[0]?.message)
    if (reason !== undefined) {
      reasons[reason] = (reasons[reason] ?? 0) + row.requests.length
      continue
    }
    const ids = new Map(policies.map((policy, index) => [policy, `policy${index}`]))
    of += row.requests.length
    const answers = errors.length > 0 ? [] : answerAll(row, compilePolicies(policies))
    for (const [index, request] of row.requests.entries()) {
      const answer = answers[index]
      const named = answer && {
        decision: answer.decision,
        reason: answer.determining.map((policy) => ids.get(policy) ?? '').sort(),
        errors: answer.erring.map(({ policy }) => ids.get(policy) ?? '').sort(),
      }
      const wanted = {
        decision: request.decision,
        reason: request.reason.toSorted(),
        errors: request.errors.toSorted(),
      }
      if (JSON.stringify(named) === JSON.stringify(wanted)) agree += 1
      else if (differing.length < 10) {
        differing.push(`${row.id} request ${index}: ${JSON.stringify(named ?? errors)}, not ${JSON.stringify(wanted)}`)
      }
    }
  }
  return { agree, of, excluded: Object.values(reasons).reduce((sum, count) => sum + count, 0), reasons, differing }
}

function answerAll(row: CorpusRow, set: PolicySet): readonly ReturnType<PolicySet['evaluate']>[] {
  const entities = readEntities(row.entities)
  return row.requests.map((request) =>
    set.evaluate({
      principal: uidOf(request.principal),
      action: uidOf(request.action),
      resource: uidOf(request.resource),
      context: readRecord(request.context),
      entities,
    }),
  )
}

/** Integers become bigint, from the digits as they stand. */
export function readRow(line: string): CorpusRow {
  const exact = (_key: string, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === 'number' ? BigInt(source ?? value) : value
  return JSON.parse(line, exact) as CorpusRow
}

export function readEntities(entities: readonly EntityJson[]): EntityLookup {
  return entitySet(
    entities.map(({ uid, attrs, parents, tags }): Entity => {
      const read = { uid: uidOf(uid), attributes: readRecord(attrs), parents: parents.map(uidOf) }
      return tags === undefined ? read : { ...read, tags: readRecord(tags) }
    }),
  )
}

export function readRecord(json: Readonly<Record<string, unknown>>): RecordValue {
  return readFields(json) as RecordValue
}

function readFields(json: object): RuntimeRecord {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, readValue(value)]))
}

function readValue(json: unknown): RuntimeValue {
  if (typeof json === 'boolean' || typeof json === 'bigint' || typeof json === 'string') return json
  if (Array.isArray(json)) return json.map(readValue)
  if (typeof json !== 'object' || json === null) throw new TypeError('no Cedar value')
  if ('__entity' in json) return { entity: uidOf(json as UidJson) }
  return '__extn' in json ? readExtension(json['__extn'] as ExtensionJson) : { record: readFields(json) }
}

interface ExtensionJson {
  readonly fn: string
  readonly arg?: string
  readonly args?: readonly { readonly __extn: { readonly arg: string } }[]
}

/** A datetime is written as an offset from another where it has no text of its own. */
function readExtension({ fn, arg, args }: ExtensionJson): RuntimeValue {
  if (args === undefined) return construct(fn, arg ?? '')
  const [from, by] = args.map((extension) => extension['__extn'].arg)
  return { parsed: 'datetime', amount: parseDatetime(from ?? '') + parseDuration(by ?? '') }
}
