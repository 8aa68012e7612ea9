// `npm run bench -- revocation [SESSIONS [STREAMS]]`: 1,000 sessions with 5,000 open streams on four workers are ended by their client, by
// the command line and by the clock. For each stream: from the end of its session until its caller sees it cut. For each session: from
// its end until a request with its token is refused, on every worker. Fails where a stream is not cut, or a request still passes.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readEntries } from '#audit/read.ts'
import { openSessions } from '#store/sessions.ts'
import { bodyOf } from './gateway/conversation.ts'
import { requestBytes } from './gateway/request-bytes.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'
import { openProbe, type Probe, type Probed } from './revocation/probe.ts'
import { type CutStream, openStream } from './revocation/stream.ts'
import { type Application, type RevocationWorld, startRevocationWorld, WORKERS } from './revocation/world.ts'

const AT_ONCE = 32
const PATIENCE_MS = 30_000

export async function bench(args: readonly string[]): Promise<BenchResult> {
  const [sessions = 1_000, streams = 5 * sessions] = args.map(Number)
  const world = await startRevocationWorld()
  try {
    const probes = await probesOf(world)
    const rows: BenchRow[] = []
    for (const way of [byRevocation, byCommand, byClock])
      rows.push(await measure(world, probes, way, { sessions, streams }))
    for (const probe of probes) probe.close()
    const worst = Math.max(
      ...rows.map(({ cut_worst_ms: cut, refused_worst_ms: refused }) => Math.max(+(cut ?? 0), +(refused ?? 0))),
    )
    return benchResult('revocation', rows, { worst_ms: worst })
  } finally {
    await world.stop()
  }
}

interface Begun {
  readonly id: string
  readonly token: string
  /** A request with it that is answered whole. */
  readonly request: Buffer
}

interface Way {
  readonly name: string
  readonly as: Application
  /** Resolves once each has ended; `over` is told of each. */
  end(world: RevocationWorld, all: readonly Begun[], over: (one: Begun) => void): Promise<void>
}

const byRevocation: Way = {
  name: 'POST /oauth/revoke',
  as: 'desk',
  async end(world, all, over) {
    await inTurns(all, async (one) => {
      const [status] = await world.oauth('desk', 'revoke', { token: one.token })
      if (status !== 200) throw new Error(`a revocation was answered ${status}`)
      over(one)
    })
  },
}

const byCommand: Way = {
  name: 'sallyport session end',
  as: 'desk',
  async end(world, all, over) {
    await world.run(['session', 'end', '--of', 'App::desk', '--why', 'measured'])
    for (const one of all) over(one)
  },
}

const byClock: Way = {
  name: 'expiry',
  as: 'brief',
  async end(world, all, over) {
    const ends = await endsOf(world, byClock, all)
    await Promise.all(
      all.map(async (one) => {
        // A timer may be early by a millisecond.
        await sleep(Math.max(0, (ends.get(one.id) ?? 0) - Date.now() + 2))
        over(one)
      }),
    )
  },
}

interface Size {
  readonly sessions: number
  readonly streams: number
}

async function measure(world: RevocationWorld, probes: readonly Probe[], way: Way, size: Size): Promise<BenchRow> {
  const model = way.as === 'desk' ? 'clinic-small' : 'lobby-small'
  const all: Begun[] = []
  await inTurns(Array.from({ length: size.sessions }), async () => void all.push(await begin(world, way.as, model)))
  const open: { readonly of: Begun; readonly stream: CutStream }[] = []
  await inTurns(Array.from({ length: size.streams }), async (_, at) => {
    const of = all[at % all.length]
    if (!of) return
    const stream = openStream(world.port, requestWith(of.token, true, model))
    await stream.begun
    open.push({ of, stream })
  })
  const probed: Promise<readonly [Begun, Probed]>[] = []
  await way.end(world, all, (one) => {
    for (const probe of probes) probed.push(probe.ask(one.request).then((found) => [one, found] as const))
  })
  const refused = await Promise.all(probed)
  const cuts = await Promise.all(
    open.map(async ({ of, stream }) => [of, await Promise.race([stream.cut, sleep(PATIENCE_MS, undefined)])] as const),
  )
  for (const { stream } of open) stream.close()
  const endOf = await endsOf(world, way, all)
  const late = cuts.map(([of, at]) => (at === undefined ? Infinity : at - (endOf.get(of.id) ?? 0)))
  const passed = refused.filter(([, { status }]) => status !== 401).length
  if (late.includes(Infinity)) throw new Error(`${late.filter((ms) => ms === Infinity).length} streams were not cut`)
  if (passed > 0) throw new Error(`${passed} requests passed after the end of their session`)
  const waits = refused.map(([of, { sent, answered }]) => answered - Math.max(sent, endOf.get(of.id) ?? 0))
  return {
    case: way.name,
    target: 'sallyport',
    sessions: all.length,
    streams: cuts.length,
    workers: WORKERS,
    ...spread('cut', late),
    ...spread('refused', waits),
  }
}

const spread = (name: string, all: readonly number[]): Readonly<Record<string, number>> => {
  const sorted = all.toSorted((left, right) => left - right)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { [`${name}_p50_ms`]: at(0.5), [`${name}_p99_ms`]: at(0.99), [`${name}_worst_ms`]: at(1) }
}

async function begin(world: RevocationWorld, as: Application, model: string): Promise<Begun> {
  const [status, body] = await world.oauth(as, 'token', { grant_type: 'client_credentials' })
  if (status !== 200) throw new Error(`no session begins: ${status} ${JSON.stringify(body)}`)
  const token = String(body['access_token'])
  return { id: String(claimsOf(token)['sid']), token, request: requestWith(token, false, model) }
}

const requestWith = (token: string, stream: boolean, model: string): Buffer =>
  requestBytes({
    headers: { authorization: `Bearer ${token}` },
    body: bodyOf(400, stream, 'clinic-small').replace('clinic-small', model),
  })

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}

/** When each ended, as its row says: of those that expire, when they were to. */
async function endsOf(
  { state }: RevocationWorld,
  way: Way,
  all: readonly Begun[],
): Promise<ReadonlyMap<string, number>> {
  const sessions = openSessions(join(state, 'runtime.db'))
  try {
    return new Map(
      all.map(({ id }) => {
        const found = sessions.find(id)
        const at = way === byClock ? found?.session.bounds.expires : found?.ended?.at
        if (at === undefined) throw new Error(`the session ${id} has not ended`)
        return [id, at]
      }),
    )
  } finally {
    sessions.close()
  }
}

/** One to each worker: the kernel deals connections out, and the logs say who got which. */
async function probesOf(world: RevocationWorld): Promise<readonly Probe[]> {
  const { request } = await begin(world, 'desk', 'clinic-small')
  const nowhere = Buffer.from(request.toString().replace('Bearer ', 'Bearer x'))
  const byWorker = new Map<number, Probe>()
  for (let turn = 0; turn < 200 && byWorker.size < WORKERS; turn++) {
    const probe = await openProbe(world.port)
    const { exchange } = await probe.ask(nowhere)
    const worker = await workerOf(world, exchange)
    if (worker === undefined || byWorker.has(worker)) probe.close()
    else byWorker.set(worker, probe)
  }
  if (byWorker.size < WORKERS) throw new Error(`only ${byWorker.size} workers were met`)
  return [...byWorker.values()]
}

async function workerOf({ state }: RevocationWorld, exchange: string): Promise<number | undefined> {
  for (let worker = 0; worker < WORKERS; worker++) {
    for await (const _ of readEntries(join(state, 'audit', `gateway-${worker}`), { exchange })) return worker
  }
  return undefined
}

async function inTurns<T>(all: readonly T[], run: (one: T, at: number) => Promise<void>): Promise<void> {
  const left = all.entries()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [at, one] of left) await run(one, at)
    }),
  )
}
