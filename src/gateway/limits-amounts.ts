// What a request may take, before it is known: its input by an estimate, and the most that it lets the model answer.
import type { Measure, Price } from '#access/limit.ts'
import type { Reading } from '#access/protocol.ts'
import type { RecordValue } from '#access/value.ts'
import { costOf } from '#policy/cost.ts'
import type { Amount } from './limits.ts'
import type { Forecast } from './metered.ts'
import type { SendWish } from './wish.ts'

/** Tokens for the answer to a request that says nothing of its length, of a model that nothing is said of either. */
export const UNBOUNDED_OUTPUT = 4_096

export function forecastOf({ reading, model, protocol, bodiless }: SendWish): Forecast {
  const { acts, inputTokens, streaming } = reading
  // What is read again was paid for when it was made.
  const charges = bodiless === true ? 'nothing' : protocol.charges
  const parameters = charges === undefined ? reading.parametersUnder(model.limits) : {}
  const effort = parameters['reasoning_effort']
  return {
    input: Math.ceil(inputTokens),
    output: charges === undefined ? outputOf(reading, parameters) : { least: 0, most: 0 },
    tools: reading.hosted ?? [],
    tellsNoCalls: protocol.tellsNoCalls === true,
    charges,
    streaming,
    isBackground: acts.some(({ action }) => action === 'background'),
    mayReason: reading.reasons === true || (effort !== undefined && effort !== 'none'),
  }
}

function outputOf({ prompts = 1 }: Reading, parameters: RecordValue): Forecast['output'] {
  const answers = Math.min(prompts * (longOf(parameters['n']) ?? 1), MOST_TOKENS)
  const bound = longOf(parameters['max_output_tokens'])
  if (bound === undefined) return { least: answers, most: Math.min(UNBOUNDED_OUTPUT * answers, MOST_TOKENS) }
  const most = Math.min(bound * answers, MOST_TOKENS)
  return { least: most, most }
}

/** Beyond any model's. */
const MOST_TOKENS = 1_000_000_000

const longOf = (value: unknown): number | undefined =>
  typeof value === 'bigint' ? Math.min(Number(value), MOST_TOKENS) : undefined

export function amountsOf(forecast: Forecast, price: Price | undefined): Readonly<Partial<Record<Measure, Amount>>> {
  const { input, output, tools, charges, streaming } = forecast
  const one = { least: 1, wanted: 1 }
  return {
    requests: one,
    ...(streaming && { streams: one }),
    ...(tools.length > 0 && { 'tool-calls': { least: tools.length, wanted: tools.length } }),
    ...(charges !== 'nothing' && {
      tokens: { least: input + output.least, wanted: input + output.most },
      spend: { least: spendOf(output.least, forecast, price), wanted: spendOf(output.most, forecast, price) },
    }),
  }
}

/** The dearest that it can be. */
function spendOf(output: number, { input, tools }: Forecast, price: Price | undefined): number {
  if (!price) return 0
  const dearest = {
    input: Math.max(price.input, price.cacheWrite ?? 0),
    output: Math.max(price.output, price.reasoning ?? 0),
    ...(price.tools && { tools: price.tools }),
  }
  return costOf(dearest, { input, output, tools: Object.fromEntries(tools.map((tool) => [tool, 1])) }).known
}
