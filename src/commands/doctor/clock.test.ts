import { expect, test } from 'bun:test'
import { clockFindings, listenToClocks } from './clock.ts'
import { pagesOf, told } from './pages.fixture.ts'

test('servers that agree to five seconds are one line', () => {
  const heard = new Map([
    ['a.example', 4_900],
    ['b.example', -4_900],
  ])
  expect(told(clockFindings(heard))).toEqual(['ok clock this machine: agrees with 2 servers'])
})

test('more than five seconds is a warning, sixty are wrong, and who differs is named', () => {
  const heard = new Map([
    ['a.example', 0],
    ['b.example', 7_000],
    ['c.example', -90_000],
    ['d.example', 60_000],
  ])
  expect(told(clockFindings(heard))).toEqual([
    'warn clock this machine: 7 s behind b.example',
    'wrong clock this machine: 90 s ahead of c.example',
    'wrong clock this machine: 60 s behind d.example',
  ])
})

test('without anybody who says it, the time is not known', () => {
  expect(told(clockFindings(new Map()))).toEqual([
    'not-known clock this machine: nobody who was asked said what time it is',
  ])
})

test('of two answers of one server, the better one counts', async () => {
  const { look } = pagesOf({ 'https://a.example/1': { ahead: -8_000 }, 'https://a.example/2': { ahead: 100 } })
  const clocks = listenToClocks(look)
  await clocks.look({ url: 'https://a.example/1', within: 1 })
  await clocks.look({ url: 'https://a.example/2', within: 1 })
  await clocks.look({ url: 'https://b.example/', within: 1 })
  expect([...clocks.heard]).toEqual([['a.example', 100]])
})
