import { expect, test } from 'bun:test'
import { OpenDecisions, unknownOutcome } from './open-decisions.ts'
import { decisionOf, exchangeId, outcomeOf } from './test-log.ts'

test('an outcome comes too late once its record was closed as unknown, and no sooner', () => {
  const decisions = new OpenDecisions([])
  decisions.note(decisionOf(exchangeId(1)))
  expect(decisions.isLate(outcomeOf(exchangeId(1)))).toBe(false)
  decisions.note(unknownOutcome(exchangeId(1)))
  expect(decisions.isLate(outcomeOf(exchangeId(1)))).toBe(true)
  expect([...decisions.open]).toEqual([])
})

test('a new decision opens the record again: its outcome is not late', () => {
  const decisions = new OpenDecisions([exchangeId(1)])
  decisions.note(unknownOutcome(exchangeId(1)))
  decisions.note(decisionOf(exchangeId(1)))
  expect([...decisions.open]).toEqual([exchangeId(1)])
  expect(decisions.isLate(outcomeOf(exchangeId(1)))).toBe(false)
})
