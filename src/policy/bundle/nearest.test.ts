import { expect, test } from 'bun:test'
import { nearest, suggest } from './nearest.ts'

test('the nearest word is the one with the fewest edits, a swap counting once', () => {
  const known = ['issuers', 'teams', 'systems', 'providers', 'models']
  expect(nearest('isuers', known)).toBe('issuers')
  expect(nearest('sytsems', known)).toBe('systems')
  expect(nearest('Models', known)).toBe('models')
  expect(nearest('first_byte', ['idle', 'first-byte'])).toBe('first-byte')
  expect(nearest('teir', ['tier', 'owner'])).toBe('tier')
})

test('a word that is near nothing gets no suggestion, but the choice', () => {
  expect(nearest('zebra', ['tier', 'owner'])).toBeUndefined()
  expect(suggest('zebra', ['tier', 'owner'])).toBe('Known: tier, owner.')
  expect(suggest('zebra', [])).toBe('None is defined yet.')
  expect(suggest('onwer', ['tier', 'owner'])).toBe('Did you mean owner?')
})

test('a very long word costs no more than a short one', () => {
  expect(nearest('x'.repeat(1_000_000), ['tier', 'owner'])).toBeUndefined()
})
