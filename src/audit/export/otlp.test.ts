// Against opentelemetry-proto 1.x (JSON encoding) and OpenTelemetry's GenAI conventions as of semconv 1.41.
import { expect, test } from 'bun:test'
import { hash } from 'node:crypto'
import { DECISION, EXCHANGE, logged, OTHERS, OUTCOME } from './entries.fixture.ts'
import { openExchanges } from './open-exchanges.ts'
import { logRecord, logsRequest } from './otlp-logs.ts'
import { spansOf, tracesRequest } from './otlp-spans.ts'
import { anyValue, type KeyValue, nanoseconds } from './otlp-value.ts'
import { traceOf } from './trace-ids.ts'

const THEIRS = { id: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7', parent: 'b7ad6b7169203331' }

function spansAfter(decision: object, outcome: object, provider = {}) {
  const exchanges = openExchanges()
  exchanges.follow(logged(decision))
  const end = logged(outcome, 8)
  const open = exchanges.follow(end)
  return open ? spansOf(end, open, (name) => (provider as Record<string, never>)[name]) : []
}

const attributesOf = (holder: { readonly [name: string]: unknown }): Record<string, unknown> =>
  Object.fromEntries((holder['attributes'] as readonly KeyValue[]).map(({ key, value }) => [key, value]))

test('values are typed, and 64-bit numbers are texts', () => {
  expect(anyValue({ a: 'x', b: true, c: 3, d: 0.5, e: [1, null], f: {} })).toEqual({
    kvlistValue: {
      values: [
        { key: 'a', value: { stringValue: 'x' } },
        { key: 'b', value: { boolValue: true } },
        { key: 'c', value: { intValue: '3' } },
        { key: 'd', value: { doubleValue: 0.5 } },
        { key: 'e', value: { arrayValue: { values: [{ intValue: '1' }, {}] } } },
        { key: 'f', value: { kvlistValue: { values: [] } } },
      ],
    },
  })
  expect(nanoseconds(1767323045678, 250)).toBe('1767323045678250000')
})

test('a log record is the entry, findable, and in its trace', () => {
  const record = logRecord(logged({ ...DECISION, trace: THEIRS }), {
    format: 'native',
    release: '1.2.3',
    observed: 1767323046000,
  })
  expect(record).toMatchObject({
    timeUnixNano: '1767323045678000000',
    observedTimeUnixNano: '1767323046000000000',
    severityNumber: 9,
    severityText: 'INFO',
    eventName: 'sallyport.decision',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
  })
  expect(attributesOf(record)).toEqual({
    'log.record.uid': { stringValue: '01KDYAK3SE0000000000000001' },
    'sallyport.log': { stringValue: 'gateway-0' },
    'sallyport.index': { intValue: '7' },
    'sallyport.kind': { stringValue: 'decision' },
    'sallyport.exchange': { stringValue: EXCHANGE },
    'sallyport.decision': { stringValue: 'allow' },
    'sallyport.action': { stringValue: 'infer' },
    'sallyport.resource': { stringValue: 'clinic-small' },
    'sallyport.principal.type': { stringValue: 'User' },
    'user.id': { stringValue: 'alice' },
    'session.id': { stringValue: 's-1' },
    'client.address': { stringValue: '10.0.0.1' },
  })
  const body = record['body'] as { kvlistValue: { values: readonly KeyValue[] } }
  expect(body.kvlistValue.values).toContainEqual({ key: 'protocol', value: { stringValue: 'openai-chat' } })
})

test('severities: a no warns, an indicator and a lost secret are errors', () => {
  const severity = (fields: object): unknown =>
    logRecord(logged(fields), { format: 'native', release: '1', observed: 0 })['severityText']
  expect(severity({ ...DECISION, decision: 'deny' })).toBe('WARN')
  expect(severity({ ...OUTCOME, ended: 'upstream-failed' })).toBe('WARN')
  expect(OTHERS.map(severity)).toEqual(
    'INFO INFO WARN INFO INFO WARN ERROR ERROR INFO ERROR INFO INFO INFO INFO WARN WARN INFO INFO WARN'.split(' '),
  )
})

test('an outcome whose decision is not known is in no trace: it may be the caller’s', () => {
  const record = logRecord(logged(OUTCOME), { format: 'ocsf', release: '1', observed: 0 })
  expect(record).not.toHaveProperty('traceId')
})

test('an exchange is a server span, with a child for each check that ran and each attempt', () => {
  const spans = spansAfter(DECISION, OUTCOME)
  expect(
    spans.map(({ name, kind, startTimeUnixNano, endTimeUnixNano }) => [name, kind, startTimeUnixNano, endTimeUnixNano]),
  ).toEqual([
    ['chat clinic-small', 2, '1767323045678000000', '1767323045708500000'],
    ['check identify', 1, '1767323045678000000', '1767323045678100000'],
    ['check policy', 1, '1767323045678100000', '1767323045678150000'],
    ['check credentials', 1, '1767323045708100000', '1767323045708500000'],
    ['chat family/large', 3, '1767323045678150000', '1767323045680150000'],
    ['chat large', 3, '1767323045680150000', '1767323045700150000'],
  ])
  const [root, ...children] = spans
  for (const child of children) {
    expect(child.traceId).toBe(root?.traceId ?? '')
    expect(child['parentSpanId']).toBe(root?.spanId)
  }
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(6)
})

test('GenAI attributes stand on the exchange and on each attempt, and tokens on the attempt that answered', () => {
  const provider = { spare: { kind: 'openai', url: 'https://api.spare.example:8443/v1' } }
  const [root, , , , failed, answered] = spansAfter(DECISION, OUTCOME, provider)
  expect(attributesOf(root ?? {})).toMatchObject({
    'gen_ai.operation.name': { stringValue: 'chat' },
    'gen_ai.provider.name': { stringValue: 'harbor' },
    'gen_ai.request.model': { stringValue: 'clinic-small' },
    'http.response.status_code': { intValue: '200' },
    'user.id': { stringValue: 'alice' },
    'sallyport.exchange': { stringValue: EXCHANGE },
  })
  expect(attributesOf(root ?? {})).not.toHaveProperty(['gen_ai.usage.input_tokens'])
  expect(attributesOf(failed ?? {})).toMatchObject({
    'error.type': { stringValue: '503' },
    'http.response.status_code': { intValue: '503' },
  })
  expect(failed?.['status']).toEqual({ code: 2 })
  expect(attributesOf(answered ?? {})).toMatchObject({
    'gen_ai.operation.name': { stringValue: 'chat' },
    'gen_ai.provider.name': { stringValue: 'openai' },
    'gen_ai.request.model': { stringValue: 'large' },
    'gen_ai.usage.input_tokens': { intValue: '11' },
    'gen_ai.usage.output_tokens': { intValue: '22' },
    'server.address': { stringValue: 'api.spare.example' },
    'server.port': { intValue: '8443' },
  })
})

test('a refusal is no error of the server; a failure is', () => {
  const [refused] = spansAfter(
    { ...DECISION, decision: 'deny', reason: 'not_permitted' },
    { ...OUTCOME, status: 403, ended: 'refused', reason: 'not_permitted', attempts: undefined, usage: undefined },
  )
  expect(refused).not.toHaveProperty('status')
  expect(attributesOf(refused ?? {})).toMatchObject({ 'error.type': { stringValue: 'not_permitted' } })
  const [failed] = spansAfter(DECISION, { ...OUTCOME, status: 502, ended: 'upstream-failed', attempts: [] })
  expect(failed?.['status']).toEqual({ code: 2 })
})

test('the caller’s trace goes on; otherwise the trace is derived from the exchange, and is the same everywhere', () => {
  const [theirs] = spansAfter({ ...DECISION, trace: THEIRS }, OUTCOME)
  expect(theirs).toMatchObject({ traceId: THEIRS.id, spanId: THEIRS.span, parentSpanId: THEIRS.parent, flags: 0x301 })
  const [ours] = spansAfter(DECISION, OUTCOME)
  expect(ours?.traceId).toBe(hash('sha256', 'sallyport trace 01KDYAK3SE0000000000000009', 'hex').slice(0, 32))
  expect(ours).not.toHaveProperty('parentSpanId')
  expect(logRecord(logged(DECISION), { format: 'native', release: '1', observed: 0 })).toMatchObject({
    traceId: ours?.traceId,
    spanId: ours?.spanId,
  })
})

test.each([
  { ...THEIRS, id: '0'.repeat(32) },
  { ...THEIRS, span: 'B7AD6B7169203331' },
  { ...THEIRS, parent: 'b7ad' },
  'a text',
])('a trace that is none is not taken over', (trace) => {
  expect(traceOf(EXCHANGE, trace)).toEqual(traceOf(EXCHANGE))
})

test('requests name the service', () => {
  expect(logsRequest([], { release: '1.2.3', host: 'gate-1' })).toEqual({
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: 'sallyport' } },
            { key: 'service.version', value: { stringValue: '1.2.3' } },
            { key: 'host.name', value: { stringValue: 'gate-1' } },
          ],
        },
        scopeLogs: [{ scope: { name: 'sallyport.audit', version: '1.2.3' }, logRecords: [] }],
      },
    ],
  })
  expect(tracesRequest([], { release: '1' })).toHaveProperty('resourceSpans')
})

test('an exchange without a length ends when its outcome was recorded, and what is not shaped as one has no spans', () => {
  const [root] = spansAfter(DECISION, { ...OUTCOME, us: undefined, time: '2026-01-02T03:04:06.000Z' })
  expect(root?.['endTimeUnixNano']).toBe('1767323046000000000')
  expect(spansAfter({ ...DECISION, exchange: 'x' }, { ...OUTCOME, exchange: 'x' })).toEqual([])
})
