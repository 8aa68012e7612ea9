import { expect, test } from 'bun:test'
import { passOver, waiting } from './stream-waiting.ts'

test('what waits is counted by log, and a log that is shorter than what was told counts as none', () => {
  const sizes = new Map([
    ['gateway-0', 1_000],
    ['control', 5],
    ['new', 7],
  ])
  const found = waiting(
    sizes,
    new Map([
      ['gateway-0', 400],
      ['control', 9],
    ]),
  )
  expect(found.all).toBe(607)
  expect([...found.byLog]).toEqual([
    ['gateway-0', 600],
    ['control', 0],
    ['new', 7],
  ])
})

test('of too many, each log gives its share, so that a tenth of room is made', () => {
  const found = {
    all: 2_000,
    byLog: new Map([
      ['gateway-0', 1_900],
      ['control', 100],
    ]),
  }
  const passed = passOver(found, 1_000)
  expect([...passed.byLog]).toEqual([
    ['gateway-0', 1_045],
    ['control', 55],
  ])
  expect(passed.all).toBe(1_100)
})
