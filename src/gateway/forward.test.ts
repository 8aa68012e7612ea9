import { describe, expect, test } from 'bun:test'
import { type Reason, Refusal } from '#access/refusal.ts'
import { printTarget } from '#access/target.ts'
import { missing } from '#upstream/secret-place.ts'
import type { UpstreamCall } from '#upstream/upstream.ts'
import type { SendPermit } from './approve.ts'
import { forward } from './forward.ts'
import type { Gate } from './gate.ts'

/** `probed`: somebody else is on the way to see whether it is back. */
type Scripted = number | Reason | 'no-secret' | 'probed'

interface Scene {
  /** What each target does, in order. */
  readonly targets: readonly Scripted[]
  readonly acts?: boolean
  /** The caller hangs up during the first attempt. */
  readonly leaves?: boolean
  /** Their proof is withdrawn then. */
  readonly withdrawn?: boolean
  /** Nothing can be recorded. */
  readonly noTrail?: boolean
  /** The body cannot be made. */
  readonly noBody?: boolean
}

const refusalOf = (reason: Reason, subject: string): Refusal =>
  new Refusal(reason, {
    message: 'no',
    ...(reason === 'provider_address_refused' ? { indicator: { indicator: 'egress-refused', subject } } : {}),
  })

async function run({ targets, acts = false, leaves, withdrawn, noTrail = false, noBody = false }: Scene) {
  const calls: UpstreamCall[] = []
  const cancelled: string[] = []
  const reports: string[] = []
  const recorded: unknown[] = []
  const [leaving, proof] = [new AbortController(), new AbortController()]
  const gate = {
    trail: {
      async append(entry: unknown) {
        if (noTrail) throw new Refusal('audit_unavailable', { message: 'full' })
        recorded.push(entry)
      },
    },
    upstream: {
      async send(call: UpstreamCall) {
        calls.push(call)
        if (leaves) leaving.abort()
        if (withdrawn) proof.abort()
        const does = targets[Number(call.provider.name.slice(1))] ?? 0
        if (does === 'probed') throw new Error('it was tried')
        if (does === 'no-secret') throw missing('lost', 'gone')
        if (typeof does !== 'number') throw refusalOf(does, call.provider.name)
        const body = new ReadableStream<Uint8Array>({ cancel: () => void cancelled.push(call.provider.name) })
        return { status: does, headers: new Headers(), body }
      },
    },
    circuits: {
      order: <T>(all: readonly T[]) => all,
      begin: ({ provider }: { provider: string }) => targets[Number(provider.slice(1))] !== 'probed',
      report: (target: { provider: string; model: string }, result: string) =>
        void reports.push(`${printTarget(target)} ${result}`),
      retryAfter: () => 7,
    },
  } as unknown as Gate
  const account = { attempts: [] as { target: string; status: number; error?: string }[] }
  const permit = {
    kind: 'send',
    exchange: 'x',
    targets: targets.map((_, at) => ({ provider: `p${at}`, model: 'm', at: { name: `p${at}`, url: 'https://p/v1' } })),
    method: 'POST',
    path: '/chat/completions',
    headers: {},
    streaming: false,
    hungUp: leaving.signal,
    standing: { withdrawn: proof.signal, release: () => undefined },
    account,
    acts,
    bodyFor() {
      if (noBody) throw new Refusal('invalid_field', { message: 'no' })
      return new TextEncoder().encode('{}')
    },
    identityFor: () => undefined,
  } as unknown as SendPermit
  const outcome = await forward(permit, gate).then(
    (answer) => (answer.kind === 'upstream' ? `${answer.from.provider} ${answer.answer.status}` : 'own'),
    (error: unknown) => (error instanceof Refusal ? error.reason : 'other'),
  )
  return { outcome, calls, cancelled, reports, recorded, attempts: account.attempts }
}

describe('another target is tried', () => {
  test.each<[Scripted]>([
    [429],
    [500],
    [502],
    [503],
    [504],
    [529],
    ['provider_unreachable'],
    ['provider_address_refused'],
    ['provider_timeout'],
    ['provider_failed'],
  ])('behind one that does %p', async (does) => {
    const { outcome, attempts } = await run({ targets: [does, 200] })
    expect(outcome).toBe('p1 200')
    expect(attempts.map(({ target }) => target)).toEqual(['p0/m', 'p1/m'])
  })

  test.each<[Scripted]>([['provider_unreachable'], ['provider_address_refused'], [429]])(
    'though it would act, behind one that did nothing: %p',
    async (does) => {
      expect((await run({ targets: [does, 200], acts: true })).outcome).toBe('p1 200')
    },
  )
})

describe('no other target is tried', () => {
  test.each<[Scripted, string]>([
    [200, 'p0 200'],
    [400, 'p0 400'],
    [401, 'p0 401'],
    [404, 'p0 404'],
    [408, 'p0 408'],
    [302, 'p0 302'],
    ['audit_unavailable', 'audit_unavailable'],
  ])('behind one that does %p', async (does, outcome) => {
    const { calls, ...found } = await run({ targets: [does, 200] })
    expect(found.outcome).toBe(outcome)
    expect(calls).toHaveLength(1)
  })

  test.each<[Scripted, string]>([
    [500, 'p0 500'],
    [503, 'p0 503'],
    [529, 'p0 529'],
    ['provider_timeout', 'provider_timeout'],
    ['provider_failed', 'provider_failed'],
  ])('where the first would act, and may have: %p', async (does, outcome) => {
    const { calls, ...found } = await run({ targets: [does, 200], acts: true })
    expect(found.outcome).toBe(outcome)
    expect(calls).toHaveLength(1)
  })

  test('for a caller who is gone', async () => {
    const { calls, reports, attempts } = await run({ targets: ['provider_failed', 200], leaves: true })
    expect(calls).toHaveLength(1)
    expect(reports).toEqual(['p0/m unknown'])
    expect(attempts[0]?.error).toBe('caller-gone')
    const unsent = await run({ targets: ['provider_unreachable', 200], leaves: true })
    expect(unsent.attempts.map(({ error }) => error)).toEqual(['provider_unreachable'])
  })

  test('for one whose proof no longer stands', async () => {
    const { calls, attempts } = await run({ targets: ['provider_failed', 200], withdrawn: true })
    expect(calls).toHaveLength(1)
    expect(attempts[0]?.error).toBe('withdrawn')
  })
})

test('the last one’s failure is the answer, and every attempt is noted and reported', async () => {
  const { outcome, attempts, reports } = await run({ targets: ['provider_unreachable', 'provider_timeout', 503] })
  expect(outcome).toBe('p2 503')
  expect(attempts.map(({ target, status, error }) => [target, status, error])).toEqual([
    ['p0/m', 0, 'provider_unreachable'],
    ['p1/m', 0, 'provider_timeout'],
    ['p2/m', 503, undefined],
  ])
  expect(reports).toEqual(['p0/m unreachable', 'p1/m failing', 'p2/m failing'])
})

test('an answer that is not used is let go', async () => {
  expect((await run({ targets: [503, 200] })).cancelled).toEqual(['p0'])
})

test('only where another target is left must the first byte of an answer be there', async () => {
  const { calls } = await run({ targets: [503, 503] })
  expect(calls.map(({ firstByteCounts }) => firstByteCounts)).toEqual([true, false])
  expect((await run({ targets: [503, 503], acts: true })).calls[0]?.firstByteCounts).toBe(false)
})

test('what a target that was passed by is a sign of is recorded all the same', async () => {
  const { recorded, outcome } = await run({ targets: ['provider_address_refused', 200] })
  expect(outcome).toBe('p1 200')
  expect(recorded).toEqual([{ kind: 'indicator', exchange: 'x', indicator: 'egress-refused', subject: 'p0' }])
})

test('each target that was begun is reported, whatever ends it', async () => {
  const unrecorded = await run({ targets: ['provider_address_refused', 200], noTrail: true })
  expect(unrecorded.outcome).toBe('audit_unavailable')
  expect(unrecorded.reports).toEqual(['p0/m unreachable', 'p1/m unknown'])
  const unmade = await run({ targets: [200], noBody: true })
  expect([unmade.outcome, unmade.reports]).toEqual(['invalid_field', ['p0/m unknown']])
})

test('a target whose secret is missing was not asked: that says nothing of it', async () => {
  expect((await run({ targets: ['no-secret', 200] })).reports).toEqual(['p0/m unknown', 'p1/m answered'])
})

test('one that somebody else probes is left out, and where it is the last the one before it has answered', async () => {
  expect((await run({ targets: ['probed', 200] })).outcome).toBe('p1 200')
  const { outcome, calls, cancelled } = await run({ targets: [503, 'probed'] })
  expect([outcome, calls.length, cancelled]).toEqual(['p0 503', 1, []])
})

test('where every circuit is open, nothing is tried, and the caller is told when to come back', async () => {
  expect((await run({ targets: [] })).outcome).toBe('provider_unreachable')
})
