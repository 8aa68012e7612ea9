// Anthropic's official client and the AI SDK against the demo provider and, case by case, through the gate of a demo world.
// SALLYPORT_CONFORMANCE=direct leaves the gate out.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { anthropic } from './anthropic/anthropic.ts'
import { startDirect, startGate, type Started } from './sides.ts'
import { agrees, runCase, type Outcome } from './suite.ts'

const provider = startDirect()
const outcomes: Outcome[] = []
afterAll(() => provider.stop())

describe("Anthropic's clients, directly", () => {
  for (const each of anthropic) {
    test(each.name, async () => {
      const outcome = await runCase(each, provider.side)
      outcomes.push(outcome)
      expect(outcome.failure).toBeUndefined()
    })
  }
})

const DIRECT_ONLY = process.env['SALLYPORT_CONFORMANCE'] === 'direct'

if (DIRECT_ONLY) test.skip("Anthropic's clients, through the gate: SALLYPORT_CONFORMANCE is 'direct'", () => {})
else describe("Anthropic's clients, through the gate", throughTheGate)

function throughTheGate(): void {
  let gate: Started | undefined
  beforeAll(async () => {
    gate = await startGate()
  }, 90_000)
  afterAll(() => gate?.stop())

  for (const each of anthropic) {
    test(each.name, async () => {
      if (!gate) throw new Error('the demo world did not start')
      const outcome = await runCase(each, gate.side)
      expect(outcome.failure).toBeUndefined()
      expect(agrees(outcome, outcomes)).toBe(true)
    })
  }
}
