import { expect, test } from 'bun:test'
import { randomPool } from './random-pool.ts'

/** Bytes that count: each four say which they are. */
function counting() {
  const asked: number[] = []
  let next = 0
  const random = (length: number): Uint8Array => {
    asked.push(length)
    return Uint8Array.from({ length }, () => next++ % 251)
  }
  return { asked, random }
}

test('ids share what was drawn at once, and no byte is given out twice', () => {
  const { asked, random } = counting()
  const pool = randomPool(random)
  const given = Array.from({ length: 500 }, () => [...pool(10)])
  expect(given[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(given[1]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  expect(asked).toEqual([4096, 4096])
  // 409 ids are in the first draw; the six bytes that are left over are nobody's.
  expect(given[409]?.[0]).toBe(4096 % 251)
})

test('a key is drawn for itself', () => {
  const { asked, random } = counting()
  expect(randomPool(random)(32).length).toBe(32)
  expect(asked).toEqual([32])
})
