// Runs the same cases with an official client against a provider directly and through the gate. What a case returns is
// compared: a gate that answers anything but what the provider answers did not pass, even where the case itself was content.
import { isDeepStrictEqual } from 'node:util'

/** Where the client is pointed, and as whom. */
export interface Side {
  readonly name: 'direct' | 'gate'
  /** With its `/v1`. */
  readonly baseURL: string
  readonly credential: string
  readonly model: string
  /** The demo provider behind it, for `/seen`. */
  readonly provider: string
  /** A caller whom policy denies a model that exists. Absent where there is no policy. */
  readonly denied?: { readonly credential: string; readonly model: string }
  /** The credential of a caller who may also have the provider act and remember. Absent where everybody may. */
  readonly permitted?: string
}

export interface Case {
  readonly name: string
  /** Resolves to what both sides must agree on; rejects where the client did not get what it was promised. */
  readonly run: (side: Side) => Promise<unknown>
}

export interface Outcome {
  readonly name: string
  readonly result?: unknown
  readonly failure?: string
}

export interface Report {
  readonly lines: readonly string[]
  readonly passed: boolean
}

export async function runCases(cases: readonly Case[], side: Side): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const each of cases) outcomes.push(await runCase(each, side))
  return outcomes
}

// A case that hangs is a failure with a name, not a suite without an end.
const PATIENCE = 20_000

export async function runCase({ name, run }: Case, side: Side): Promise<Outcome> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no result within ${PATIENCE} ms`)), PATIENCE)
  try {
    return { name, result: await Promise.race([run(side), late.promise]) }
  } catch (error) {
    return { name, failure: describe(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** The outcomes of both sides as lines to print, the last one in the form that the contract fixes. */
export function report(suite: string, direct: readonly Outcome[], gate: readonly Outcome[] | string): Report {
  const reached = typeof gate === 'string' ? [] : gate
  const agreed = reached.filter((outcome) => agrees(outcome, direct))
  const different = direct.filter((outcome) => !agreed.some(({ name }) => name === outcome.name))
  const lines = [...explain('direct', direct), ...explain('gate', reached), ...compare(direct, reached)]
  if (typeof gate === 'string') lines.push(`gate: not runnable: ${gate}`)
  const good = direct.filter(({ failure }) => failure === undefined).length
  const of = direct.length
  const names = different.map(({ name }) => name).join(', ')
  lines.push(`${suite}: direct ${good}/${of}, gate ${agreed.length}/${of}, different: ${names === '' ? 'none' : names}`)
  return { lines, passed: of > 0 && good === of && agreed.length === of }
}

export function agrees(outcome: Outcome, direct: readonly Outcome[]): boolean {
  const other = direct.find(({ name }) => name === outcome.name)
  return (
    other !== undefined &&
    outcome.failure === undefined &&
    other.failure === undefined &&
    isDeepStrictEqual(outcome.result, other.result)
  )
}

function explain(side: string, outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${side}: ${name}: ${failure}`]))
}

function compare(direct: readonly Outcome[], gate: readonly Outcome[]): string[] {
  return gate.flatMap((outcome) => {
    const other = direct.find(({ name }) => name === outcome.name)
    if (!other || outcome.failure !== undefined || other.failure !== undefined) return []
    if (isDeepStrictEqual(outcome.result, other.result)) return []
    return [
      `${outcome.name}: direct ${JSON.stringify(other.result)}`,
      `${outcome.name}: gate ${JSON.stringify(outcome.result)}`,
    ]
  })
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `${error.constructor.name}: ${error.message}`.replaceAll(/\s+/g, ' ').slice(0, 400)
}
