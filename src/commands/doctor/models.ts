// Does each provider know the models that the bundle asks of it?
import { suggest } from '#policy/bundle/nearest.ts'
import type { ProviderConfig } from '#policy/bundle/config.ts'
import type { Looked } from '#upstream/look.ts'
import { count, type Finding, notKnown, ok, warn, wrong } from './finding.ts'
import type { Parts } from './read-parts.ts'

/** The ids of a list, as OpenAI and Anthropic both write it. Undefined where it is none. */
export function listIn(bytes: Uint8Array): ReadonlySet<string> | undefined {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const list = body !== null && typeof body === 'object' && 'data' in body ? body.data : undefined
    if (!Array.isArray(list)) return undefined
    const ids = list.map((each: unknown) =>
      each !== null && typeof each === 'object' && 'id' in each ? each.id : undefined,
    )
    return new Set(ids.filter((id) => typeof id === 'string'))
  } catch {
    return undefined
  }
}

/** Below the provider's own URL, with what it wants to see. */
export type Ask = (path: string) => Promise<Looked>

export interface Listed {
  readonly parts: Parts
  readonly listed: ReadonlySet<string> | undefined
  readonly ask: Ask
}

/** So many are asked for one by one: what has that many models beside its list has no list. */
const MOST_ASKED = 20

export async function checkModels(at: ProviderConfig, { parts, listed, ask }: Listed): Promise<readonly Finding[]> {
  const names = [
    ...new Set(
      [...parts.models.values()].flatMap(({ targets }) =>
        targets.flatMap(({ provider, model }) => (provider === at.name ? [model] : [])),
      ),
    ),
  ]
  if (names.length === 0) return []
  if (!listed) return [notKnown('models', at.name, `${count(names.length, 'model')}: it gives no list to compare with`)]
  const here = names.filter((name) => listed.has(name))
  const others = await Promise.all(
    names
      .filter((name) => !listed.has(name))
      .map((name, index) => lookFor(name, { at, listed, ask: index < MOST_ASKED ? ask : undefined })),
  )
  const known = here.length + others.filter((each) => each === undefined).length
  const told = ok('models', at.name, `knows ${known} of ${count(names.length, 'model')} of the bundle`)
  return (known > 0 ? [told] : []).concat(others.filter((each) => each !== undefined))
}

interface Sought {
  readonly at: ProviderConfig
  readonly listed: ReadonlySet<string>
  readonly ask: Ask | undefined
}

/** Undefined where it is known after all: an alias stands in no list (`claude-…-latest`, Ollama's names without a tag). */
async function lookFor(model: string, { at, listed, ask }: Sought): Promise<Finding | undefined> {
  const seen = await ask?.(`/models/${encodeURIComponent(model)}`)
  if (seen?.ok && seen.status === 200) return undefined
  const said = `is not among the ${count(listed.size, 'model')} that it lists`
  const fix =
    listed.size === 0 ? 'Ask it which models it has for this credential.' : suggest(model, [...listed].slice(0, 1_000))
  return (listsAll(at) ? wrong : warn)('model', `${at.name}/${model}`, said, fix)
}

/** Compatible servers serve deployments, routes and adapters that they do not list. */
const listsAll = ({ kind, url }: ProviderConfig): boolean =>
  kind === 'openai' || (kind === 'anthropic' && URL.parse(url)?.host === 'api.anthropic.com')
