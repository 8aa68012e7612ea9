// Entries of one allowed request, as the gateway hands them to the trail.
import type { Accepted, DecisionEntry, Entry, OutcomeEntry } from '#access/trail.ts'

export const EXCHANGE = '01M7Z2VP5BRKRPG51PCBDCCAG9'
export const TIME = Date.UTC(2026, 10, 21, 12, 0, 0, 250)

export const DECISION: DecisionEntry = {
  kind: 'decision',
  exchange: EXCHANGE,
  principal: {
    type: 'User',
    id: 'alice',
    groups: ['clinicians'],
    issuer: 'harbor',
    chain: [{ type: 'User', id: 'alice' }],
  },
  source: '10.0.0.7',
  action: 'infer',
  resource: { type: 'Model', id: 'clinic-large' },
  decision: 'allow',
  policies: ['clinicians'],
  targets: ['harbor/harbor-large'],
  bundle: '48633dd1d40ff44325147ed023e25430a510668828882b14900681709c43ba35',
  findings: [],
  checks: [
    { name: 'identify', verdict: 'pass', us: 40 },
    { name: 'credentials', verdict: 'pass', us: 12, direction: 'request', coverage: { seen: 9, of: 9 } },
    { name: 'policy', verdict: 'pass', us: 30 },
  ],
}

export const OUTCOME: OutcomeEntry = {
  kind: 'outcome',
  exchange: EXCHANGE,
  us: 1_200,
  status: 200,
  bytes: 358,
  ended: 'complete',
  usage: { input: 10, output: 20 },
  attempts: [{ target: 'harbor/harbor-large', status: 200, us: 900 }],
  findings: [],
  // As `close` makes it: what the decision listed, and then what came after.
  checks: [
    ...DECISION.checks,
    { name: 'credentials', verdict: 'pass', us: 8, direction: 'answer', coverage: { seen: 5, of: 5 } },
  ],
}

export const accepted = (entry: Entry, time = TIME): Accepted => ({
  entry,
  time,
  stamp: { log: 'gateway-0', index: 0, id: EXCHANGE, hash: '00' },
})
