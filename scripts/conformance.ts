// `npm run conformance -- NAME`: an official client or suite against the demo directly, and through the gate; or, where there is
// nothing to compare with, against what the product serves.
// Exit 0 when all pass and both sides agree, 1 when not, 2 for a name that is not known or not built yet.
import { anthropic } from '../test/conformance/anthropic/anthropic.ts'
import { reportOAuth, type OAuthOutcome } from '../test/conformance/oauth/case.ts'
import { openai } from '../test/conformance/openai/openai.ts'
import { startDirect, startGate, type Started } from '../test/conformance/sides.ts'
import { report, runCases, type Case, type Outcome } from '../test/conformance/suite.ts'

/** Compared, run by itself, or not built yet. */
const SUITES: Readonly<Record<string, readonly Case[] | (() => Promise<number>) | undefined>> = {
  openai,
  anthropic,
  mcp: undefined,
  oauth,
  authzen: undefined,
}

process.exitCode = await main(process.argv.slice(2))

async function main(names: readonly string[]): Promise<number> {
  const [name] = names
  if (name === undefined || names.length !== 1 || !Object.hasOwn(SUITES, name)) {
    const known = Object.keys(SUITES).filter((each) => SUITES[each])
    console.error(`conformance: give one suite of: ${known.join(', ')}`)
    return 2
  }
  const cases = SUITES[name]
  if (!cases) {
    console.error(`not built yet: ${name}`)
    return 2
  }
  if (typeof cases === 'function') return cases()
  const direct = await runDirect(cases)
  const { lines, passed } = report(name, direct, await runGate(cases))
  for (const line of lines) console.log(line)
  return passed ? 0 : 1
}

async function runDirect(cases: readonly Case[]): Promise<readonly Outcome[]> {
  const provider = startDirect()
  try {
    return await runCases(cases, provider.side)
  } finally {
    await provider.stop()
  }
}

/** The outcomes, or why the gate could not be started. */
async function runGate(cases: readonly Case[]): Promise<readonly Outcome[] | string> {
  let gate: Started
  try {
    gate = await startGate()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  try {
    const outcomes = await runCases(cases, gate.side)
    const ended = gate.ended()
    if (ended !== undefined) console.log(`gate: in the middle of it, ${ended}`)
    return outcomes
  } finally {
    await gate.stop()
  }
}

async function oauth(): Promise<number> {
  // Only here: what it stands on says on standard error what it thinks of the runtime.
  const { oauthCases, runOAuth } = await import('../test/conformance/oauth/oauth.ts')
  let outcomes: readonly OAuthOutcome[] = []
  try {
    outcomes = await runOAuth()
  } catch (error) {
    console.log(`not runnable: ${error instanceof Error ? error.message : String(error)}`)
  }
  const { lines, passed } = reportOAuth(outcomes, oauthCases.length)
  for (const line of lines) console.log(line)
  return passed ? 0 : 1
}
