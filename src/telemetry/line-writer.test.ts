import { expect, test } from 'bun:test'
import { makeLineWriter } from './line-writer.ts'

/** A reader who takes what is written only when told. */
function slowReader() {
  const taken: string[] = []
  const waiting: (() => void)[] = []
  return {
    taken,
    write: (text: string, done: () => void): void => {
      taken.push(text)
      waiting.push(done)
    },
    take: (): void => waiting.shift()?.(),
    get asked() {
      return waiting.length
    },
  }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Bun.sleep(0)
}
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(1)
}

test('lines of one moment leave in one write, whole and in order', async () => {
  const reader = slowReader()
  const writer = makeLineWriter(reader.write, { waiting: 1_000, write: 100, pause: 0 })
  for (const line of ['one\n', 'two\n', 'three\n']) writer.add(line)
  expect(reader.taken).toEqual([])
  await until(() => reader.asked === 1)
  expect(reader.taken).toEqual(['one\ntwo\nthree\n'])
})

test('no write is longer than a pipe takes at once, and none begins before the last was taken', async () => {
  const reader = slowReader()
  const writer = makeLineWriter(reader.write, { waiting: 10_000, write: 10, pause: 0 })
  for (const line of ['1234\n', '1234\n', '1234\n', `${'é'.repeat(8)}\n`, '5\n']) writer.add(line)
  await until(() => reader.asked === 1)
  await turns()
  expect(reader.taken).toEqual(['1234\n1234\n'])
  for (let turn = 0; turn < 3; turn++) {
    reader.take()
    await turns()
  }
  expect(reader.taken).toEqual(['1234\n1234\n', '1234\n', `${'é'.repeat(8)}\n`, '5\n'])
})

test('what nobody takes is dropped beyond a bound, and counted; nobody waits', async () => {
  const reader = slowReader()
  const writer = makeLineWriter(reader.write, { waiting: 50, write: 10, pause: 0 })
  for (let at = 0; at < 1_000; at++) writer.add('123456789\n')
  expect(writer.standing()).toEqual({ written: 0, dropped: 995, waiting: 5 })
  await until(() => reader.asked === 1)
  for (let turn = 0; turn < 5; turn++) {
    reader.take()
    await turns()
  }
  expect(writer.standing()).toEqual({ written: 5, dropped: 995, waiting: 0 })
  writer.add('again\n')
  await until(() => reader.taken.at(-1) === 'again\n')
})

test('at the end what waits is written, or given up after a while', async () => {
  const quick: string[] = []
  const writer = makeLineWriter(
    (text, done) => {
      quick.push(text)
      done()
    },
    { waiting: 1_000, write: 5, pause: 60_000 },
  )
  for (const line of ['one\n', 'two\n', 'three\n']) writer.add(line)
  expect(await writer.close(10_000)).toBe(true)
  expect(quick.join('')).toBe('one\ntwo\nthree\n')

  const stuck = makeLineWriter(() => undefined, { waiting: 1_000, write: 5, pause: 0 })
  stuck.add('one\n')
  expect(await stuck.close(1)).toBe(false)
})

test('a sink that takes everything at once does not call itself ever deeper', async () => {
  let taken = 0
  const writer = makeLineWriter(
    (_text, done) => {
      taken++
      done()
    },
    { waiting: 1_000_000, write: 2, pause: 0 },
  )
  for (let at = 0; at < 100_000; at++) writer.add('1\n')
  expect(await writer.close(10_000)).toBe(true)
  expect(taken).toBe(100_000)
})
