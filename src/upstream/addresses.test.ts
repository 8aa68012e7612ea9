import { expect, test } from 'bun:test'
import { makeAddresses, systemResolve } from './addresses.ts'

test('a name is looked up once in 10 s, and together with whoever asks meanwhile', async () => {
  let now = 1_000
  let asked = 0
  const addressesOf = makeAddresses(
    async () => [`10.0.0.${(asked += 1)}`],
    () => now,
  )
  const [one, other] = await Promise.all([addressesOf('a.test'), addressesOf('a.test')])
  expect([one, other]).toEqual([['10.0.0.1'], ['10.0.0.1']])
  now += 9_999
  expect(await addressesOf('a.test')).toBe(one)
  now += 1
  expect(await addressesOf('a.test')).toEqual(['10.0.0.2'])
  // Nor is an answer kept for an hour because the clock was set back by one.
  now -= 3_600_000
  expect(await addressesOf('a.test')).toEqual(['10.0.0.3'])
})

test('a failure is not remembered', async () => {
  let asked = 0
  const addressesOf = makeAddresses(
    async () => {
      asked += 1
      if (asked === 1) throw new Error('SERVFAIL')
      return ['10.0.0.1']
    },
    () => 0,
  )
  expect(await Promise.resolve(addressesOf('a.test')).catch(String)).toBe('Error: SERVFAIL')
  expect(await addressesOf('a.test')).toEqual(['10.0.0.1'])
})

test('no more than 256 names are remembered: the oldest is looked up anew', async () => {
  let asked = 0
  const addressesOf = makeAddresses(
    async () => [`10.0.0.${(asked += 1)}`],
    () => 0,
  )
  for (let host = 0; host < 257; host += 1) await addressesOf(`host-${host}.test`)
  await addressesOf('host-256.test')
  expect(asked).toBe(257)
  await addressesOf('host-0.test')
  expect(asked).toBe(258)
})

test('the resolver of the system knows this machine', async () => {
  expect(await systemResolve('localhost')).toContain('127.0.0.1')
})
