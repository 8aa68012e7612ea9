// The list of models, and one of them, as Anthropic's models API gives them (API reference, "List Models").
import { Refusal } from '#access/refusal.ts'

/** Which part of the list is asked for. */
export interface AnthropicPage {
  readonly limit: number
  readonly after?: string
  readonly before?: string
  /** Stages of life; those that are active, and those that are going to retire, where none is named. */
  readonly stages?: readonly string[]
}

const USUAL_LIMIT = 20
const MOST_LIMIT = 1_000
const LONGEST_ID = 256
/** As the official client names it, once for each. */
const STAGES = 'lifecycle[]'

/** Of a query without its `?`. Throws a Refusal for a parameter that the list does not have. */
export function anthropicPage(query: string): AnthropicPage {
  const parameters = [...new URLSearchParams(query)]
  const once = parameters.filter(([name]) => name !== STAGES)
  const twice = once.find(([name], index) => once.findIndex(([other]) => other === name) < index)
  if (parameters.length > 8 || twice) throw wrong('query', 'must name each parameter once')
  const stages = parameters.filter(([name]) => name === STAGES).map(([, value]) => stageOf(value))
  const read = once.map(([name, value]) => parameterOf(name, value))
  const page: AnthropicPage = Object.assign({ limit: USUAL_LIMIT, ...(stages.length > 0 && { stages }) }, ...read)
  if (page.after !== undefined && page.before !== undefined) throw wrong('before_id', 'cannot stand beside `after_id`')
  return page
}

function stageOf(value: string): string {
  if (['active', 'deprecated', 'retired'].includes(value)) return value
  throw wrong(STAGES, 'must be `active`, `deprecated` or `retired`')
}

function parameterOf(name: string, value: string): Partial<AnthropicPage> {
  switch (name) {
    case 'limit': {
      const limit = /^[0-9]{1,4}$/.test(value) ? Number(value) : 0
      if (limit < 1 || limit > MOST_LIMIT) throw wrong('limit', `must be an integer from 1 to ${MOST_LIMIT}`)
      return { limit }
    }
    case 'after_id':
    case 'before_id':
      if (value === '' || value.length > LONGEST_ID) throw wrong(name, 'must be the id of a model')
      return name === 'after_id' ? { after: value } : { before: value }
    case 'beta':
      if (value !== 'true') throw wrong('beta', 'must be `true`')
      return {}
    default:
      throw new Refusal('unknown_field', {
        message: `The list of models takes \`limit\`, \`after_id\`, \`before_id\` and \`${STAGES}\`, and no other query parameter.`,
        field: 'query',
      })
  }
}

const wrong = (name: string, what: string): Refusal =>
  new Refusal('invalid_field', { message: `\`${name}\` ${what}.`, field: name })

export interface AnthropicModel {
  readonly type: 'model'
  readonly id: string
  readonly display_name: string
  readonly created_at: string
  readonly [unknownHere: string]: unknown
}

// What the API says where a date of release is not known.
const NO_MOMENT = '1970-01-01T00:00:00Z'

/** `createdAt` as RFC 3339. What only the provider could say is null, as its own answers have it. */
export const anthropicModel = (name: string, createdAt = NO_MOMENT): AnthropicModel => ({
  type: 'model',
  id: name,
  display_name: name,
  created_at: createdAt,
  capabilities: null,
  deprecated_at: null,
  lifecycle: 'active',
  line: null,
  max_input_tokens: null,
  max_tokens: null,
  retires_at: null,
})

export interface AnthropicModelList {
  readonly data: readonly AnthropicModel[]
  readonly has_more: boolean
  readonly first_id: string | null
  readonly last_id: string | null
}

/** A cursor that names no model of the list gives an empty page. All that a bundle names is active. */
export function anthropicModelList(
  all: readonly string[],
  { limit, after, before, stages }: AnthropicPage = { limit: MOST_LIMIT },
): AnthropicModelList {
  const names = stages === undefined || stages.includes('active') ? all : []
  const from = after === undefined ? 0 : behind(names, after)
  const to = before === undefined ? names.length : Math.max(0, names.indexOf(before))
  const start = before === undefined ? from : Math.max(0, to - limit)
  const page = names.slice(start, before === undefined ? from + limit : to)
  return {
    data: page.map((name) => anthropicModel(name)),
    has_more: before === undefined ? from + limit < names.length : start > 0,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  }
}

const behind = (names: readonly string[], name: string): number => {
  const found = names.indexOf(name)
  return found < 0 ? names.length : found + 1
}
