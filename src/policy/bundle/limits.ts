// `limits:`: how much of something, of whom, in which time. A limit that could never count, or that would not see what it is
// meant to count, is an error: whoever wrote it believes that it holds.
import { type Limit, type Measure, MEASURES, type Per, PERS, type Window } from '#access/limit.ts'
import { type Amount, amountOf, burstOf, shareOf } from './amounts.ts'
import { booleanOf, fault, type Field, fieldsOf, listOf, wordOf } from './field.ts'
import { limitName } from './limit-name.ts'
import { countedBy, type LimitGround, onlyOf } from './limits-only.ts'
import { refuseShadowed } from './limits-shadowed.ts'

export function readLimits(field: Field, ground: LimitGround): readonly Limit[] {
  const placed = listOf(field, 'limits', (item) => {
    const limit = readLimit(item, ground)
    return limit && { limit, field: item }
  })
  refuseShadowed(placed ?? [])
  return (placed ?? []).map(({ limit }) => limit)
}

const KEYS = { known: ['per', ...MEASURES, 'sliding', 'warn', 'burst', 'only'], required: ['per'] } as const

function readLimit(field: Field, ground: LimitGround): Limit | undefined {
  const fields = fieldsOf(field, KEYS)
  if (!fields) return undefined
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const measure = measureOf(field, fields)
  const per = read('per', (inside) => perOf(inside, measure, ground))
  const amount = measure && read(measure, (inside) => amountOf(inside, measure))
  const window = amount && windowOf(amount, fields.get('sliding'))
  const warn = read('warn', shareOf)
  const burst = read('burst', burstOf)
  const only = read('only', (inside) => onlyOf(inside, ground))
  const isRead = ['warn', 'burst', 'only'].every((key, place) => !fields.has(key) || [warn, burst, only][place])
  if (!measure || !per || !amount || !isRead) return undefined
  const parts = {
    per,
    measure,
    most: amount.most,
    ...(window && { window }),
    ...(warn !== undefined && { warn }),
    ...(burst && { burst }),
    ...(only && { only }),
  }
  refuseExtras(fields, parts)
  if (measure === 'spend') refuseUnpriced(field, parts, ground)
  return { name: limitName(parts), ...parts }
}

function measureOf(field: Field, fields: ReadonlyMap<string, Field>): Measure | undefined {
  const [measure, second] = MEASURES.filter((each) => fields.has(each))
  if (measure && !second) return measure
  const fix = second ? 'Write a limit for each.' : 'Write `requests: 120/minute`, or `spend: 2000 USD/month`.'
  return fault(field, `must have exactly one of ${MEASURES.join(', ')}`, fix)
}

function perOf(field: Field, measure: Measure | undefined, { teams }: LimitGround): Per | undefined {
  const per = wordOf(field, PERS)
  if (per === 'team' && teams.declared.length === 0) {
    return fault(field, 'can never count: the bundle has no teams', 'Add `teams`, or count per user.')
  }
  if (per === 'tool' && measure !== undefined && measure !== 'tool-calls') {
    return fault(
      field,
      `can never count: ${measure} are of no tool`,
      'Write `tool-calls: 50/hour`, or count per model.',
    )
  }
  return per
}

const SLIDING = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

function windowOf({ unit }: Amount, field: Field | undefined): Window | undefined {
  const sliding = field ? booleanOf(field) : false
  if (unit === undefined) {
    if (field) fault(field, 'is for what is counted in a time; streams are counted at once', 'Remove it.')
    return undefined
  }
  if (sliding !== true) return { kind: 'calendar', unit }
  if (unit !== 'month') return { kind: 'sliding', ms: SLIDING[unit] }
  if (field) fault(field, 'has no month: one is longer than another', 'Slide over a day, or remove it.')
  return undefined
}

type Parts = Omit<Limit, 'name'>

/** What stands beside an amount for which it means nothing. */
function refuseExtras(fields: ReadonlyMap<string, Field>, { measure, most, window, burst }: Parts): void {
  const [warnField, burstField] = [fields.get('warn'), fields.get('burst')]
  if (warnField && measure === 'streams') {
    fault(warnField, 'is recorded once in a time, and streams are counted in none', 'Remove it.')
  }
  if (!burst || !burstField) return
  if (measure !== 'requests') {
    fault(burstField, `counts requests, and stands beside ${measure}`, 'Write it beside `requests`.')
    return
  }
  // Around the turn of a calendar window twice its amount can pass.
  const reached = window?.kind === 'calendar' ? 2 * most : most
  if (burst.most < reached) return
  fault(burstField, `can never be flagged: the limit itself ends at ${most} requests`, 'Write a smaller number.')
}

/** What has no price is never free: it would not count, and the limit would not hold. */
function refuseUnpriced(field: Field, { only }: Parts, { models }: LimitGround): void {
  const lacking = [...models.sound.values()].filter((model) => countedBy(only, model) && !model.price)
  const [first] = lacking
  if (!first) return
  const names = lacking.map(({ name }) => name).join(', ')
  fault(
    field,
    `counts spend, and ${lacking.length === 1 ? 'this model has' : 'these models have'} no price: ${names}`,
    `Add \`price: { input: …, output: … }\` to models.${first.name}, or name the models that it counts: only: { models: [NAME] }.`,
  )
}
