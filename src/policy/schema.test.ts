import { expect, test } from 'bun:test'
import { checkParseContext, checkParseEntities, checkParseSchema } from '@cedar-policy/cedar-wasm/nodejs'
import { soundClinic } from '#policy/bundle/clinic-fixture.ts'
import { type InferContext, MODEL_ACTIONS, printSchema } from '#policy/schema.ts'

test('the schema is one that the official parser takes, whatever the bundle names', async () => {
  const { config } = await soundClinic()
  expect(checkParseSchema(printSchema(config))).toEqual({ type: 'success' })
  const issuers = new Map([
    [
      'a',
      {
        name: 'a',
        url: 'u',
        audience: [],
        as: 'App::{sub}',
        attributes: { in: { claim: 'c', type: 'strings' } },
      } as const,
    ],
  ])
  const claimed = { headers: ["x!#$%&'*+.^_`|~-y"], metadata: ['a.b'] }
  expect(checkParseSchema(printSchema({ issuers, claimed }))).toEqual({ type: 'success' })
})

test('the context that the gateway builds is the context that policies are checked against', async () => {
  const { schema } = await soundClinic()
  const context: InferContext = {
    now: { extension: { fn: 'datetime', arg: '2026-01-05T12:00:00.000Z' } },
    source: { extension: { fn: 'ip', arg: '::1' } },
    protocol: 'openai-chat',
    model: 'clinic-small',
    identity: { record: { issuer: 'harbor', method: 'jwt', age_seconds: 60n } },
    parameters: {
      record: {
        max_output_tokens: 10n,
        temperature: { extension: { fn: 'decimal', arg: '0.7000' } },
        tools: 0n,
        logprobs: false,
      },
    },
    input_tokens: 10n,
    streaming: false,
    findings: ['credentials'],
    claimed: { record: { headers: { record: { 'x-purpose': 'a' } }, metadata: { record: { ticket: 'b' } } } },
    target: { record: { provider: 'demo', model: 'small' } },
    session: {
      record: {
        kind: 'declared',
        tier: 3n,
        trust: 'initial',
        bound: 'key',
        labels: ['clinical'],
        task: 'answer-letters',
        domain: 'ward 3',
        calls: 4n,
        tokens: 1200n,
        age_seconds: 30n,
      },
    },
    link: 'actor',
    direct: false,
    via: 'helper',
    approvals: [],
  }
  const { session, ...without } = context
  const undeclared = { record: { ...session?.record, task: undefined, domain: undefined } }
  for (const each of [context, without, { ...context, session: undeclared }]) {
    for (const id of MODEL_ACTIONS) {
      const call = { context: official(each) as never, schema, action: { type: 'Action', id } }
      expect(checkParseContext(call)).toEqual({ type: 'success' })
    }
  }
  const odd = { context: official({ ...context, session: { record: {} } }) as never, schema }
  expect(checkParseContext({ ...odd, action: { type: 'Action', id: 'infer' } }).type).toBe('failure')
})

test('the bundle’s own entities are what the schema says', async () => {
  const { schema, config } = await soundClinic()
  const { bundleEntities } = await import('#policy/entities.ts')
  const entities = bundleEntities(config).map(({ uid, attributes, parents }) => ({
    uid,
    attrs: official(attributes),
    parents,
  }))
  expect(checkParseEntities({ entities: entities as never, schema })).toEqual({ type: 'success' })
  expect(entities.map(({ uid }) => `${uid.type}::${uid.id}`)).toEqual([
    'Catalog::models',
    'Team::clinicians',
    'Team::billing',
    'Provider::demo',
    'System::clinic',
    'Model::clinic-small',
    'Model::clinic-large',
  ])
})

/** Our values in the official JSON form. */
function official(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(official)
  if (typeof value !== 'object' || value === null) return value
  if ('extension' in value) return { __extn: value.extension }
  if ('entity' in value) return { __entity: value.entity }
  if ('record' in value) return official(value.record)
  const present = Object.entries(value).filter(([, inside]) => inside !== undefined)
  return Object.fromEntries(present.map(([name, inside]) => [name, official(inside)]))
}
