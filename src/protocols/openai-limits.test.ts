import { expect, test } from 'bun:test'
import { decimals } from './openai-limits.ts'

test('policy has four decimals, and is never shown less than what leaves', () => {
  for (const [value, shown] of [
    [0.2, '0.2000'],
    [0.29, '0.2900'],
    [0.20001, '0.2001'],
    [0.20006, '0.2001'],
    [0.1 + 0.2, '0.3001'],
    [1e-9, '0.0001'],
    [0, '0.0000'],
    [2, '2.0000'],
  ] as const) {
    expect([value, decimals({ temperature: value })]).toEqual([
      value,
      { temperature: { extension: { fn: 'decimal', arg: shown } } },
    ])
  }
})
