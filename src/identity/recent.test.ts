import { expect, test } from 'bun:test'
import { makeRecent } from './recent.ts'

test('what happened is remembered for its time, counted from the last time', () => {
  const recent = makeRecent({ most: 10, forUs: 100 })
  recent.add('a', 0)
  expect([recent.has('a', 99), recent.has('a', 100), recent.has('b', 0)]).toEqual([true, false, false])
  recent.add('a', 50)
  expect([recent.has('a', 149), recent.has('a', 150)]).toEqual([true, false])
  recent.delete('a')
  expect(recent.has('a', 60)).toBe(false)
})

test('at least the last half of the most is remembered, and what is older goes', () => {
  const recent = makeRecent({ most: 10, forUs: 100 })
  for (let at = 0; at < 14; at += 1) recent.add(`k${at}`, 0)
  expect(Array.from({ length: 14 }, (_, at) => recent.has(`k${at}`, 0))).toEqual([
    false,
    false,
    false,
    false,
    false,
    ...Array.from({ length: 9 }, () => true),
  ])
  // In the older half, too.
  recent.delete('k5')
  expect(recent.has('k5', 0)).toBe(false)
})
