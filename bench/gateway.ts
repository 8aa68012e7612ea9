// `npm run bench -- gateway [--quick]`: how much of a bare proxy's throughput is left with everything on: JWT, 1,000 policies,
// credentials looked for both ways, every decision recorded. Load, provider and target share the machine's cores; each target is
// measured in turn and medians are compared. `--quick` only shows that all of it runs: its figures are of no use.
import { checkLog, controlBlocked, controlDenials, controlRequests, type Controls } from './gateway/control.ts'
import { closedLoop, openLoop } from './gateway/load.ts'
import { stepRows } from './gateway/step-rows.ts'
import { type Case, inTurn, type Outcome, type Plan } from './gateway/turns.ts'
import { loadOf, startWorld, type Target, type World } from './gateway/world.ts'
import { type BenchResult, benchResult } from './result.ts'

const FULL: Plan = { rounds: 5, run: 1_200, step: 1_000, steps: 20 }
const QUICK: Plan = { rounds: 1, run: 400, step: 300, steps: 1 }
const A_SECOND = 1_000

export async function bench(args: readonly string[]): Promise<BenchResult> {
  const plan = args.includes('--quick') ? QUICK : FULL
  const world = await startWorld({ portkey: !args.includes('--no-portkey') })
  try {
    const before = await control(world)
    const { result, sent } = await measure(world, plan)
    const controls = [...before, ...(await control(world))]
    await world.stopGateway()
    await checkLog(world.state, controls.reduce(add, { requests: sent, caught: 0, denied: 0 }))
    return result
  } finally {
    await world.stop()
  }
}

async function control({ sallyport, synced, portkey }: World): Promise<readonly Controls[]> {
  if (portkey) await controlDenials(portkey.checked)
  return [await controlRequests(sallyport), await controlBlocked(synced)]
}

const add = (one: Controls, other: Controls): Controls => ({
  requests: one.requests + other.requests,
  caught: one.caught + other.caught,
  denied: one.denied + other.denied,
})

async function measure(world: World, plan: Plan): Promise<{ readonly result: BenchResult; readonly sent: number }> {
  const { direct, bare, sallyport, synced, portkey } = world
  const others = portkey ? [portkey.checked] : []
  const closed =
    (name: string, connections: number, [bytes, stream]: readonly [number, boolean]) =>
    (targets: readonly Target[]): Case => {
      return { name, targets, run: (target, ms) => closedLoop(loadOf(target, bytes, stream), connections, ms) }
    }
  const plain = closed('plain 1 kB, 32 connections', 32, [1_000, false])
  const large = closed('plain 100 kB, 8 connections', 8, [100_000, false])
  const stream = closed('stream of 64 pieces, 32 connections', 32, [1_000, true])
  const open: Case = {
    name: 'plain 1 kB, 1,000 a second',
    targets: [direct, bare, sallyport],
    run: (target, ms) => openLoop(loadOf(target, 1_000, false), A_SECOND, ms),
  }
  const small = await inTurn(
    plain([direct, bare, sallyport, synced, ...others, ...(portkey ? [portkey.unchecked] : [])]),
    plan,
  )
  const big = await inTurn(large([direct, bare, sallyport, ...others]), plan)
  const streams = await inTurn(stream([direct, bare, sallyport, ...others]), plan)
  // A 99th percentile wants more requests, and has been warmed up by the first case.
  const steady = await inTurn(open, { ...plan, run: plan.run * 2, steps: 1 })
  const beside = (outcome: Outcome, other: Target): number => outcome.of(sallyport).rps / outcome.of(other).rps
  // On few cores the provider and the load may limit a fast target; processor time does not depend on that.
  const cheapness = (outcome: Outcome, other: Target): number => outcome.of(other).cpu_us / outcome.of(sallyport).cpu_us
  const ratios = {
    rps_vs_bare: beside(small, bare),
    rps_vs_bare_100kb: beside(big, bare),
    stream_vs_bare: beside(streams, bare),
    ...(portkey
      ? {
          rps_vs_portkey: beside(small, portkey.checked),
          rps_vs_portkey_no_token_check: beside(small, portkey.unchecked),
          stream_vs_portkey: beside(streams, portkey.checked),
        }
      : {}),
    added_p50_us_at_1000rps: steady.of(sallyport).p50_us - steady.of(bare).p50_us,
    added_p99_us_at_1000rps: steady.of(sallyport).p99_us - steady.of(bare).p99_us,
    cpu_vs_bare: cheapness(small, bare),
    cpu_vs_bare_100kb: cheapness(big, bare),
    stream_cpu_vs_bare: cheapness(streams, bare),
    tier_3_vs_tier_1: small.of(synced).rps / small.of(sallyport).rps,
  }
  const all = [small, big, streams, steady]
  const sent = all.reduce((sum, outcome) => sum + outcome.sent(sallyport) + outcome.sent(synced), 0)
  const rows = [...all.flatMap((outcome) => outcome.rows), ...(await stepRows(sallyport))]
  return { result: benchResult('gateway', rows, ratios), sent }
}
