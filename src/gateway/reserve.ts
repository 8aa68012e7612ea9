// Within every limit of the bundle: what a request may take is reserved once it is decided and before that is recorded, and
// settled with its outcome to what it took. What it cost is worked out here, too, and stands in the outcome.
import type { OutcomeEntry } from '#access/trail.ts'
import type { Usage } from '#access/usage.ts'
import { type Cost, costOf } from '#policy/cost.ts'
import { limitsOn } from '#policy/limits.ts'
import type { Account } from './exchange.ts'
import type { Gate } from './gate.ts'
import { amountsOf, forecastOf } from './limits-amounts.ts'
import type { Forecast, Metered } from './metered.ts'
import type { SendWish } from './wish.ts'

type Parts = Pick<Gate, 'usageLimits' | 'clock' | 'log'>

/** Throws a Refusal `limit_reached` or `not_ready`; nothing is reserved then. */
export function reserve(wish: SendWish, { usageLimits, clock }: Parts): void {
  const { exchange, principal, model } = wish
  const forecast = forecastOf(wish)
  const { limits } = exchange.active.bundle.config
  const applying = limits.length === 0 ? NONE : limitsOn(limits, { principal, model, tools: forecast.tools })
  const { price } = model
  const amounts = applying.length === 0 ? NO_AMOUNTS : amountsOf(forecast, price)
  const reservation = usageLimits.reserve({ exchange: exchange.id, applying, amounts }, clock.now())
  exchange.account.metered = { reservation, model: model.name, price, forecast }
}

const NONE: readonly never[] = []
/** What nothing counts needs not be worked out. */
const NO_AMOUNTS: ReturnType<typeof amountsOf> = {}

/** Of what will have no outcome, since not even its decision could be recorded. */
export function forgo({ metered }: Account, { clock }: Pick<Parts, 'clock'>): void {
  metered?.reservation.cancel(clock.now())
}

type Outcome = Pick<OutcomeEntry, 'bytes' | 'ended' | 'reason' | 'usage'>

/** What the outcome says of it, besides what it says already. Never throws. */
export function settleUsage(
  account: Account,
  outcome: Outcome,
  { clock, log }: Parts,
): Pick<OutcomeEntry, 'usage' | 'cost'> {
  const { metered } = account
  if (!metered) return {}
  delete account.metered
  const { reservation, forecast, price, model } = metered
  const now = clock.now()
  // Nothing was sent: it is as if it had never been asked.
  if (account.attempts.length === 0) {
    reservation.cancel(now)
    return {}
  }
  let isAnswered = false
  let cut = 0
  for (const { status, error } of account.attempts) {
    if (status >= 200 && status < 300) isAnswered = true
    if (error !== undefined && CUT.has(error)) cut++
  }
  if ((!isAnswered && cut === 0) || forecast.charges === 'nothing') {
    reservation.settle({ tokens: 0, spend: 0, tools: NO_CALLS }, now)
    return {}
  }
  const usage = withCut(isAnswered ? usageOf(account, outcome, metered) : {}, cut, forecast)
  const cost = costOf(price, usage)
  reservation.settle({ tokens: tokensOf(usage), spend: cost.known, tools: usage.tools ?? NO_CALLS }, now)
  tellUnpriced(cost, { model, price }, log)
  return { usage, cost: cost.unpriced.length > 0 ? 'unpriced' : cost.known }
}

const NO_CALLS: NonNullable<Usage['tools']> = {}

const tokensOf = ({ input = 0, output = 0 }: Usage): number => input + output

/** Of an attempt that we ended, and not the provider. */
const CUT: ReadonlySet<string> = new Set(['caller-gone', 'withdrawn', 'provider_timeout'])

/** With all that each attempt may have come to whose answer we did not wait for: the provider works on. */
function withCut(usage: Usage, cut: number, { input, output, tools, charges }: Forecast): Usage {
  if (cut === 0) return usage
  const calls = new Map(Object.entries(usage.tools ?? {}))
  for (const name of tools) calls.set(name, (calls.get(name) ?? 0) + cut)
  return {
    ...usage,
    input: (usage.input ?? 0) + cut * input,
    ...(charges === 'input' ? {} : { output: (usage.output ?? 0) + cut * output.most }),
    ...(calls.size > 0 && { tools: Object.fromEntries(calls) }),
    estimated: true,
  }
}

/** As the provider counts it; where it did not say, or had not said all, what its bytes come to. */
function usageOf(account: Account, outcome: Outcome, metered: Metered): Usage {
  const { forecast, usage: read } = metered
  const { charges } = forecast
  const { ended, usage: told } = outcome
  const usage: Usage = told ?? read ?? {}
  const isWhole = ended === 'complete' || read !== undefined
  const isTold = usage.input !== undefined && (usage.output !== undefined || charges === 'input')
  const called = callsOf(usage, forecast, isWhole)
  if (isWhole && isTold && !(forecast.isBackground && tokensOf(usage) === 0)) {
    return called ? { ...usage, ...called } : usage
  }
  const input = usage.input ?? forecast.input
  const most = isWhole || !isUnheard(account, outcome, metered) ? outputOf(account, forecast) : forecast.output.most
  const output = Math.max(usage.output ?? 0, Math.min(most, forecast.output.most))
  return { ...usage, input, ...(charges === 'input' ? {} : { output }), ...called, estimated: true }
}

/** Where that does not stand in an answer, or not all of it came: each tool that was asked for was called at least once. */
function callsOf(
  { tools: told = NO_CALLS }: Usage,
  { tools, tellsNoCalls }: Forecast,
  isWhole: boolean,
): Pick<Usage, 'tools'> | undefined {
  if (tools.length === 0 || (isWhole && !tellsNoCalls)) return undefined
  const calls = new Map(Object.entries(told))
  for (const name of tools) calls.set(name, Math.max(1, calls.get(name) ?? 0))
  return { tools: Object.fromEntries(calls) }
}

/**
 * We ended it, and before anything was heard of its answer, or with what nobody hears. The provider may have worked to the end: whoever could leave for
 * nothing would leave each time.
 */
function isUnheard(account: Account, outcome: Outcome, metered: Metered): boolean {
  const { answer } = account
  if (!isOurs(account, outcome)) return false
  return answer === undefined || (metered.forecast.streaming && (answer.said() === 0 || isHidden(metered)))
}

/** What was said tells little of what it took: most may have been thought, and behind the last word there is only the count. */
const isHidden = ({ forecast, price, came }: Metered): boolean =>
  came !== 'counted' && (forecast.mayReason || price?.reasoning !== undefined || came === 'finished')

/** The caller left, what they proved themselves with was withdrawn, or we waited no longer: no provider ended it. */
const isOurs = ({ standing }: Account, { ended, reason }: Outcome): boolean =>
  ended === 'caller-gone' || reason === 'provider_timeout' || standing?.withdrawn?.aborted === true

/** Work goes on behind the caller's back: what it may come to counts, since nobody says later what it came to. */
const outputOf = (account: Account, forecast: Forecast): number =>
  forecast.isBackground ? forecast.output.most : Math.ceil(saidBytes(account, forecast) / BYTES_A_TOKEN)

const BYTES_A_TOKEN = 4

/** Of what the model said, where its stream was read; of a whole answer, all its texts. */
function saidBytes({ answer }: Account, { streaming }: Forecast): number {
  if (!answer) return 0
  return streaming ? answer.said() : (answer.check().coverage?.of ?? 0)
}

function tellUnpriced({ unpriced }: Cost, { model, price }: Pick<Metered, 'model' | 'price'>, log: Gate['log']): void {
  // A model without any price is the bundle's choice, which `check` speaks of: a tool that came with one is news.
  if (!price || unpriced.length === 0) return
  log(
    `model ${model} has no price for ${unpriced.join(', ')}: what it cost is recorded as unpriced, and no limit counts it`,
  )
}
