import { expect, test } from 'bun:test'
import { reportRecovered } from './recovered.ts'

function linesOf(recovered: { entries: number; open: number; torn: number }): readonly string[] {
  const lines: string[] = []
  reportRecovered('gateway-0', { recovered }, { err: (line) => lines.push(line) })
  return lines
}

test('a log that was closed says nothing, and one that was not says what was found, in one line', () => {
  expect(linesOf({ entries: 0, open: 0, torn: 0 })).toEqual([])
  expect(linesOf({ entries: 1, open: 2, torn: 17 })).toEqual([
    'sallyport: the log gateway-0 was not closed the last time: 1 entry integrated, 2 open exchanges closed as unknown, 17 torn bytes left out',
  ])
  expect(linesOf({ entries: 0, open: 1, torn: 0 })).toHaveLength(1)
})
