// For tests only: an entry of each kind, as it would stand in the log.
import { type Logged, loggedEntry } from './logged.ts'

export const EXCHANGE = '01KDYAK3SE0000000000000009'

export function logged(fields: object, index = 7): Logged {
  const entry = { id: '01KDYAK3SE0000000000000001', time: '2026-01-02T03:04:05.678Z', index, ...fields }
  return loggedEntry('gateway-0', index, Buffer.from(JSON.stringify(entry)))
}

export const DECISION = {
  kind: 'decision',
  exchange: EXCHANGE,
  principal: {
    type: 'User',
    id: 'alice',
    groups: ['clinicians'],
    issuer: 'harbor',
    chain: [{ type: 'User', id: 'alice' }],
  },
  action: 'infer',
  resource: { type: 'Model', id: 'clinic-small' },
  source: '10.0.0.1',
  via: '10.0.0.2',
  session: 's-1',
  decision: 'allow',
  policies: ['clinicians-infer'],
  targets: ['harbor/family/large', 'spare/large'],
  bundle: '0f'.repeat(32),
  protocol: 'openai-chat',
  findings: [],
  checks: [
    { name: 'identify', verdict: 'pass', us: 100 },
    { name: 'policy', verdict: 'pass', us: 50 },
    { name: 'limits', verdict: 'not-run', us: 0 },
  ],
}

export const OUTCOME = {
  kind: 'outcome',
  exchange: EXCHANGE,
  us: 30_500,
  status: 200,
  bytes: 512,
  ended: 'complete',
  usage: { input: 11, output: 22 },
  attempts: [
    { target: 'harbor/family/large', status: 503, us: 2_000 },
    { target: 'spare/large', status: 200, us: 20_000 },
  ],
  findings: [],
  checks: [
    { name: 'identify', verdict: 'pass', us: 100 },
    { name: 'policy', verdict: 'pass', us: 50 },
    { name: 'limits', verdict: 'not-run', us: 0 },
    { name: 'credentials', verdict: 'pass', us: 400, direction: 'answer' },
  ],
}

export const OTHERS: readonly object[] = [
  { kind: 'change', what: 'log-birth', subject: 'gateway-0', by: 'control', why: 'a new log', after: 'key' },
  { kind: 'change', what: 'log-seal', subject: 'gateway-0', by: 'gateway', why: 'rotation' },
  { kind: 'change', what: 'log-removal', subject: 'gateway-0', by: 'alice', why: 'past its retention' },
  { kind: 'change', what: 'bundle', subject: 'bundle', by: 'operator', why: 'reload', before: 'aa', after: 'bb' },
  { kind: 'change', what: 'key', subject: 'k-1', by: 'alice', why: 'a new app', after: '{"app":"intake"}' },
  {
    kind: 'change',
    what: 'process',
    subject: 'plaintext',
    by: 'operator',
    why: 'behind a mesh',
    after: '0.0.0.0 8400',
  },
  { kind: 'indicator', indicator: 'key-guessing', principal: DECISION.principal, source: '10.9.9.9', subject: 'k-1' },
  { kind: 'indicator', indicator: 'log-key-changed: gateway-0 0011223344556677' },
  { kind: 'secret', what: 'read', reference: 'file:/run/secrets/openai', used: ['harbor'], fingerprint: 'ab12' },
  { kind: 'secret', what: 'lost', reference: 'vault:kv/billing#token', why: 'deleted' },
  { kind: 'read', what: 'show', subject: 'gateway-0', by: 'alice (uid 1000)', selection: { kind: 'decision' } },
  { kind: 'read', what: 'proof', subject: 'gateway-0', by: 'alice (uid 1000)', selection: {} },
  { kind: 'read', what: 'export', subject: '*', by: 'alice (uid 1000)', selection: { format: 'ocsf' } },
  {
    kind: 'session',
    what: 'begin',
    session: 's-2',
    parent: 's-1',
    principal: { type: 'App', id: 'intake', issuer: 'sallyport', chain: [{ type: 'App', id: 'intake' }] },
    client: 'intake',
    tier: 3,
    bound: 'key',
    expires: '2026-01-02T03:34:05.678Z',
    trust: 'initial',
  },
  {
    kind: 'session',
    what: 'end',
    session: 's-2',
    principal: { type: 'App', id: 'intake', issuer: 'sallyport', chain: [{ type: 'App', id: 'intake' }] },
    client: 'intake',
    tier: 3,
    labels: ['clinical', 'credentials'],
    why: 'misuse',
    by: 'gate',
    duration: 61_000,
    calls: 4,
    tokens: 420,
    toolCalls: 0,
    flags: 1,
  },
  { kind: 'session', what: 'trust', session: 's-2', trust: 'elevated', why: 'ticket 7', by: 'alice (uid 1000)' },
  { kind: 'session', what: 'label', session: 's-2', labels: ['clinical'], exchange: EXCHANGE },
  {
    kind: 'token',
    what: 'issued',
    grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
    session: 's-2',
    client: 'intake',
    principal: { type: 'App', id: 'intake', issuer: 'sallyport', chain: [{ type: 'App', id: 'intake' }] },
    token: 'jti-1',
    scope: 'infer',
    life: 300,
    bound: 'key',
    source: '10.0.0.1',
  },
  { kind: 'token', what: 'refused', client: 'intake', reason: 'invalid_grant', indicator: 'refresh-reused' },
]
