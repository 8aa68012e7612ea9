import { expect, test } from 'bun:test'
import { auc, mean, recallAt, type Scored, shareOf } from './accuracy.ts'

const rows = (ones: readonly number[], zeros: readonly number[]): readonly Scored[] => [
  ...ones.map((score) => ({ label: 1 as const, score })),
  ...zeros.map((score) => ({ label: 0 as const, score })),
]

test('scores that part the rows have an area of 1, and the other way round of 0', () => {
  expect(auc(rows([0.9, 0.8], [0.1, 0.2]))).toBe(1)
  expect(auc(rows([0.1, 0.2], [0.9, 0.8]))).toBe(0)
})

test('ties count half', () => {
  expect(auc(rows([0.5], [0.5]))).toBe(0.5)
  // Of six pairs: 0.9 beats three; 0.5 beats 0.1 and ties with 0.5.
  expect(auc(rows([0.9, 0.5], [0.1, 0.5, 0.7]))).toBe(0.75)
})

test('without rows of both labels there is no area and no recall', () => {
  expect(auc(rows([0.9], []))).toBeUndefined()
  expect(auc(rows([], [0.9]))).toBeUndefined()
  expect(recallAt(rows([0.9], []), 0.01)).toBeUndefined()
  expect(mean([])).toBeUndefined()
})

test('recall at one percent lets one of a hundred rows without a credential through', () => {
  const zeros = Array.from({ length: 100 }, (_, index) => index / 200)
  expect(recallAt(rows([0.6, 0.496, 0.4], [...zeros.slice(0, 99), 0.5]), 0.01)).toBeCloseTo(2 / 3, 10)
  expect(recallAt(rows([0.6, 0.495, 0.4], [...zeros.slice(0, 99), 0.5]), 0)).toBeCloseTo(1 / 3, 10)
})

test('a threshold on a tie flags none of those that tie', () => {
  expect(recallAt(rows([1, 0], [0, 0, 0, 0]), 0.01)).toBe(0.5)
})

test('a share is that of the rows that pass', () => {
  expect(shareOf([1, 2, 3, 4], (each) => each > 3)).toBe(0.25)
})
