// `models:`: the name that callers use, the system it belongs to, and the targets in the order in which they are tried.
import { NO_LIMITS } from '#access/parameters.ts'
import type { ModelConfig, ModelTarget, ProviderConfig, SystemConfig } from './config.ts'
import {
  type Entry,
  entriesOf,
  fault,
  type Field,
  fieldsOf,
  isName,
  type Known,
  listOf,
  referenceOf,
  textOf,
} from './field.ts'
import { suggest } from './nearest.ts'
import { parametersOf } from './parameters.ts'
import { priceOf } from './prices.ts'
import { quote } from './problem.ts'
import { SPEECH } from './providers.ts'

export interface Named {
  readonly systems: Known<SystemConfig>
  readonly providers: Known<ProviderConfig>
}

/** Callers write this name, and paths carry it: no slash. */
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

export function readModels(field: Field, named: Named): ReadonlyMap<string, ModelConfig> {
  const models = new Map<string, ModelConfig>()
  for (const entry of entriesOf(field, 'models')) {
    const model = isName(entry, 'a model', MODEL_NAME) ? readModel(entry, named) : undefined
    if (model) models.set(entry.name, model)
  }
  return models
}

const MODEL_KEYS = {
  known: ['system', 'use', 'parameters', 'price'],
  required: ['system', 'use'],
  later: ['prompt', 'limits', 'fallback', 'cache'],
} as const

function readModel({ name, field }: Entry, { systems, providers }: Named): ModelConfig | undefined {
  const fields = fieldsOf(field, MODEL_KEYS)
  const systemField = fields?.get('system')
  const useField = fields?.get('use')
  const system = systemField && referenceOf(systemField, 'system', systems)
  const targets = useField && listOf(useField, 'provider/model', (item) => targetOf(item, providers))
  const parametersField = fields?.get('parameters')
  const limits = parametersField ? parametersOf(parametersField) : NO_LIMITS
  const priceField = fields?.get('price')
  const price = priceField && priceOf(priceField)
  const [first, ...rest] = targets ?? []
  // A price that is there but wrong was reported at its own place: a model without one would be reported once more.
  if (!useField || !system || !first || (priceField && !price)) return undefined
  const all = [first, ...rest] as const
  refuseMixed(useField, all)
  if (system.tier > 1) refuseEnvironment(useField, all, system)
  return {
    name,
    system,
    targets: all,
    speaks: SPEECH[first.at.kind],
    limits,
    ...(price && { price }),
    accept: commonFields(all),
  }
}

/** Nothing is translated: a request goes only where its own protocol is spoken. */
function refuseMixed(field: Field, targets: readonly ModelTarget[]): void {
  if (new Set(targets.map(({ at }) => SPEECH[at.kind])).size < 2) return
  const each = targets.map(({ at }) => `${at.name} speaks ${SPEECH[at.kind]}`)
  fault(field, `mixes protocols: ${[...new Set(each)].join(', ')}`, 'Make a model of its own for each protocol.')
}

/** Only what every target accepts: which of them answers is not known when the request is read. */
function commonFields([first, ...rest]: readonly ModelTarget[]): ReadonlySet<string> {
  return new Set(first?.at.accept.filter((name) => rest.every(({ at }) => at.accept.includes(name))))
}

/** Split at the first slash: a provider's own model names may hold more of them. */
function targetOf(field: Field, providers: Known<ProviderConfig>): ModelTarget | undefined {
  const text = textOf(field, 'a target as provider/model')
  if (text === undefined) return undefined
  const slash = text.indexOf('/')
  if (slash < 1 || slash === text.length - 1) {
    return fault(
      field,
      `must be provider/model, but is ${quote(text)}`,
      'Write a provider of this bundle, a slash, its model.',
    )
  }
  const provider = text.slice(0, slash)
  const at = providers.sound.get(provider)
  if (at) return { provider, model: text.slice(slash + 1), at }
  // A provider that is there but wrong was reported at its own place.
  if (providers.declared.includes(provider)) return undefined
  return fault(field, `names a provider that does not exist: ${quote(provider)}`, suggest(provider, providers.declared))
}

/** The environment is inherited by every child, and shown by the system to its owner: not for what acts. */
function refuseEnvironment(field: Field, targets: readonly ModelTarget[], system: SystemConfig): void {
  for (const name of new Set(targets.filter(({ at }) => at.credential?.from === 'env').map(({ at }) => at.name))) {
    fault(
      field,
      `uses provider ${name}, whose credential is env:, in system ${system.name} of tier ${system.tier}`,
      `Give provider ${name} a credential of the form file:PATH; env: is for tier 1 only.`,
    )
  }
}
