import { expect, test } from 'bun:test'
import { seldom } from './seldom.ts'

test('a line is told once a minute, each by itself', () => {
  const lines: string[] = []
  let now = 1_000
  const report = seldom(
    (line) => void lines.push(line),
    () => now,
  )
  for (const line of ['a', 'a', 'b', 'a']) report(line)
  expect(lines).toEqual(['a', 'b'])
  now += 60_000
  report('a')
  // A clock that was set back says nothing about how long ago it was.
  now -= 120_000
  report('a')
  expect(lines).toEqual(['a', 'b', 'a', 'a'])
})
