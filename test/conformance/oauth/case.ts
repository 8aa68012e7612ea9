// Cases of the OAuth conformance run, each of one promise or one refusal that a standard names, and how they are reported.
import type { World } from './world.ts'

export interface OAuthCase {
  /** Names what must hold, and the standard. */
  readonly name: string
  /** Rejects where it does not hold. */
  readonly run: (world: World) => Promise<void>
}

export interface OAuthOutcome {
  readonly name: string
  readonly failure?: string
}

// A case that hangs is a failure with a name, not a run without an end.
const PATIENCE = 20_000

export async function runOAuthCase({ name, run }: OAuthCase, world: World): Promise<OAuthOutcome> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no result within ${PATIENCE} ms`)), PATIENCE)
  try {
    await Promise.race([run(world), late.promise])
    return { name }
  } catch (error) {
    return { name, failure: describe(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** Lines to print, the last one in the form that the contract fixes. */
export function reportOAuth(
  outcomes: readonly OAuthOutcome[],
  of: number,
): { lines: readonly string[]; passed: boolean } {
  const failed = outcomes.filter(({ failure }) => failure !== undefined)
  const good = outcomes.length - failed.length
  const names = failed.map(({ name }) => name).join('; ')
  return {
    lines: [
      ...failed.map(({ name, failure }) => `${name}: ${failure}`),
      `oauth: ${good}/${of}, failed: ${names === '' ? (good === of ? 'none' : 'all that did not run') : names}`,
    ],
    passed: of > 0 && good === of,
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` (${JSON.stringify(error.cause)})`
  return `${error.constructor.name}: ${error.message}${cause}`.replaceAll(/\s+/g, ' ').slice(0, 600)
}
