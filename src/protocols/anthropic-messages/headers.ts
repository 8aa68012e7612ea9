// What of a caller's headers goes on to Anthropic: the version of its API, and opt-ins to betas.
import { Refusal } from '#access/refusal.ts'

// The second came with clients of October 2026; in both, bodies and streams have the same shape.
const VERSIONS = ['2023-06-01', '2026-10-21'] as const

/** Opt-ins to fields that the request's shape knows, to limits, or to what without its fields does nothing. */
const KNOWN_BETAS: ReadonlySet<string> = new Set([
  'advanced-tool-use-2025-11-20',
  'cache-diagnosis-2026-04-07',
  'code-execution-2025-05-22',
  'code-execution-2025-08-25',
  'code-execution-web-tools-2026-02-09',
  'compact-2026-01-12',
  'compact-2026-09-04',
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'dev-full-thinking-2025-05-14',
  'effort-2025-11-24',
  'extended-cache-ttl-2025-04-11',
  'fast-mode-2026-02-01',
  'files-api-2025-04-14',
  'fine-grained-tool-streaming-2025-05-14',
  'inline-tools-2026-09-15',
  'interleaved-thinking-2025-05-14',
  'mcp-client-2025-04-04',
  'mcp-client-2025-11-20',
  'mcp-client-2026-09-15',
  'message-threads-2026-08-12',
  'mid-conversation-output-config-2026-07-01',
  'mid-conversation-system-2026-04-07',
  'mid-conversation-system-clear-at-2026-08-21',
  'mid-conversation-tool-changes-2026-07-01',
  'model-context-window-exceeded-2025-08-26',
  'output-128k-2025-02-19',
  'output-300k-2026-03-24',
  'pdfs-2024-09-25',
  'prompt-caching-2024-07-31',
  'search-results-2025-06-09',
  'skills-2025-10-02',
  'structured-outputs-2025-11-13',
  'structured-outputs-2025-12-15',
  'task-budgets-2026-03-13',
  'thinking-binding-controls-2026-08-01',
  'thinking-display-updates-2026-08-18',
  'thinking-token-count-2026-05-13',
  'token-counting-2024-11-01',
  'token-efficient-tools-2025-02-19',
  'web-fetch-2025-09-10',
])

/** These choose for whom the provider works, and who pays: the gate's own credential says that. */
const NOT_SERVED = ['anthropic-user-profile-id', 'anthropic-workspace-id'] as const

/** The client's word for the kind of credential it presents, which it presents to us: the provider is shown another. */
const OF_CREDENTIALS: ReadonlySet<string> = new Set(['oauth-2025-04-20'])

const MOST_BETAS = 64

export interface RequestHeaders {
  readonly pass: Readonly<Record<string, string>>
  readonly unknown: readonly string[]
}

/** Throws a Refusal for another version, for what is no list of names, and for a header that may not choose what it chooses. */
export function requestHeaders(from: Headers): RequestHeaders {
  for (const name of NOT_SERVED) {
    if (!from.has(name)) continue
    throw new Refusal('unknown_field', {
      message: `The header \`${name}\` would choose for whom the provider works, and is not served here; leave it out.`,
      field: name,
    })
  }
  const betas = betasOf(from.get('anthropic-beta') ?? '')
  return {
    pass: {
      'anthropic-version': versionOf(from.get('anthropic-version')),
      ...(betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') }),
    },
    unknown: betas.filter((beta) => !KNOWN_BETAS.has(beta)).map((beta) => `anthropic-beta: ${beta}`),
  }
}

function versionOf(asked: string | null): string {
  const version = asked === null ? VERSIONS[0] : VERSIONS.find((known) => known === asked)
  if (version !== undefined) return version
  throw new Refusal('invalid_field', {
    message: `The header \`anthropic-version\` must be ${VERSIONS.map((known) => `\`${known}\``).join(' or ')}.`,
    field: 'anthropic-version',
  })
}

function betasOf(list: string): readonly string[] {
  const betas = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (betas.length > MOST_BETAS || betas.some((name) => !/^[a-z][a-z0-9-]{0,63}$/.test(name))) {
    throw new Refusal('invalid_field', {
      message: `The header \`anthropic-beta\` must be a list of at most ${MOST_BETAS} names in lower case, such as \`context-1m-2025-08-07\`.`,
      field: 'anthropic-beta',
    })
  }
  return [...new Set(betas)].filter((name) => !OF_CREDENTIALS.has(name))
}
