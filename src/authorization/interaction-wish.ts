// What a client asks a person for, as the consent page tells it: read from parameters that were checked when they arrived.

export interface AskedFor {
  /** Bare ids of actions, and `offline_access`. */
  readonly scopes: readonly string[]
  readonly tasks: readonly AskedTask[]
}

interface AskedTask {
  readonly task: string
  readonly domain?: string
  readonly models: readonly string[]
  readonly actions: readonly string[]
}

export function askedFor(params: Readonly<Record<string, unknown>>): AskedFor {
  const { scope, authorization_details: details } = params
  return {
    scopes: typeof scope === 'string' ? scope.split(' ').filter((each) => each !== '') : [],
    tasks: detailsOf(details).map(taskOf),
  }
}

/** The list itself, where it is one: what it means is for whoever grants it. */
export function detailsOf(details: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof details !== 'string') return []
  const list: unknown = JSON.parse(details)
  return Array.isArray(list) ? list.filter(isRecord) : []
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function taskOf({ task, domain, models, actions }: Readonly<Record<string, unknown>>): AskedTask {
  return {
    task: typeof task === 'string' ? task : 'without a name',
    ...(typeof domain === 'string' && { domain }),
    models: strings(models),
    actions: strings(actions),
  }
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []

const WORDS: ReadonlyMap<string, string> = new Map([
  ['infer', 'ask models, and read their answers'],
  ['embed', 'have texts turned into vectors'],
  ['store', 'have providers store what is sent and answered'],
  ['background', 'have models work in the background'],
  ['run-code', 'have providers run code'],
  ['use-file', 'use files that a provider holds'],
  ['search-files', 'search files that a provider holds'],
  ['fetch-url', 'have providers fetch addresses'],
  ['web-search', 'have providers search the web'],
  ['use-mcp', 'have providers use MCP servers'],
  ['use-hosted-tool', 'have providers use tools that they hold'],
  ['use-stored', 'go on from what a provider stored'],
  ['use-prompt', 'use prompts that a provider holds'],
  ['offline_access', 'stay logged in until the session ends'],
])

/** An action in words, and always by its own name: the words are ours, the name is what policy decides. */
export const actionInWords = (action: string): string => {
  const words = WORDS.get(action)
  return words === undefined ? action : `${words} (${action})`
}
