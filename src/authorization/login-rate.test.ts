import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { makeLoginRate } from './login-rate.ts'

const SECOND = 1_000_000

function scene() {
  let now = 5 * SECOND
  const rate = makeLoginRate({ monotonic: () => now })
  return {
    pass: (seconds: number) => void (now += seconds * SECOND),
    /** How many of so many are begun. */
    begin: (source: string, times: number): number => {
      let begun = 0
      for (let each = 0; each < times; each++) {
        try {
          rate.begin(source)
          begun += 1
        } catch (error) {
          if (!(error instanceof Refusal) || error.reason !== 'too_many_attempts') throw error
        }
      }
      return begun
    },
  }
}

test('of logins from one place 120 begin at once, and two more each second', () => {
  const { begin, pass } = scene()
  expect(begin('192.0.2.1', 200)).toBe(120)
  pass(3)
  expect(begin('192.0.2.1', 200)).toBe(6)
  pass(3600)
  expect(begin('192.0.2.1', 200)).toBe(120)
})

test('another place is not held up, and all addresses of one IPv6 network are one place', () => {
  const { begin } = scene()
  expect(begin('2001:db8::1', 200)).toBe(120)
  expect(begin('2001:db8::2', 1)).toBe(0)
  expect(begin('2001:db8:0:1::1', 1)).toBe(1)
  expect(begin('192.0.2.1', 1)).toBe(1)
})

test('whoever has ever so many addresses takes no more room than ten thousand places', () => {
  const { begin } = scene()
  begin('192.0.2.1', 120)
  for (let each = 0; each < 10_000; each++) begin(`10.${each >> 16}.${(each >> 8) & 255}.${each & 255}`, 1)
  expect(begin('192.0.2.1', 1)).toBe(1)
})
