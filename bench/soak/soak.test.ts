// A few seconds of the soak: what it checks of answers and of the log holds for any length of it.
import { expect, test } from 'bun:test'
import { bench } from '../soak.ts'
import { courseOf } from './samples.ts'

test('callers who are served, refused, denied and gone all stand in the log, once each', async () => {
  const { ratios } = await bench(['3', '--seed', '7'])
  expect(ratios['requests']).toBeGreaterThan(30)
  expect(ratios['decisions']).toBe(Number(ratios['outcomes']))
}, 60_000)

const samplesOf = (values: readonly number[]) => values.map((value, at) => ({ at, value }))

test('what grows is told from what jumps, and from what was taken once', () => {
  const growing = courseOf(samplesOf([100, 102, 104, 120, 122, 124, 140, 142, 144]), 10)
  expect(growing).toMatchObject({ start: 102, middle: 122, end: 142, most: 144, flat: false })
  expect(growing.per_hour).toBeGreaterThan(3_600)
  expect(courseOf(samplesOf([100, 180, 180, 180, 180, 400, 180, 181, 180]), 10).flat).toBe(true)
  expect(courseOf(samplesOf([100, 100, 100, 200, 200, 200, 200, 200, 201]), 10).flat).toBe(true)
})
