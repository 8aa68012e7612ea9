import { expect, test } from 'bun:test'
import { fewAtOnce } from './few-at-once.ts'

/** Work that ends when told. */
function held() {
  const started: number[] = []
  const ends = new Map<number, (fails?: Error) => void>()
  const work = (number: number) =>
    new Promise<string>((resolve, reject) => {
      started.push(number)
      ends.set(number, (fails) => (fails ? reject(fails) : resolve(`done ${number}`)))
    })
  return { started, work, end: (number: number, fails?: Error) => ends.get(number)?.(fails) }
}

test('two run, the next wait in order, and who comes after the line is refused', async () => {
  const { started, work, end } = held()
  const search = fewAtOnce({ running: 2, waiting: 3 }, work)
  const all = [1, 2, 3, 4, 5].map((number) => search(number))
  const refused = await search(6).catch((error: unknown) => error)
  expect(refused).toMatchObject({ name: 'Refusal', reason: 'not_ready', detail: { retryAfter: 1 } })
  expect(started).toEqual([1, 2])
  end(2)
  expect(await all[1]).toBe('done 2')
  expect(started).toEqual([1, 2, 3])
  for (const number of [1, 3]) end(number)
  await Promise.all([all[0], all[2]])
  expect(started).toEqual([1, 2, 3, 4, 5])
  for (const number of [4, 5]) end(number)
  expect(await Promise.all(all)).toEqual(['done 1', 'done 2', 'done 3', 'done 4', 'done 5'])
})

test('work that fails gives its place on', async () => {
  const { started, work, end } = held()
  const search = fewAtOnce({ running: 1, waiting: 1 }, work)
  const first = search(1).catch((error: unknown) => error)
  const second = search(2)
  end(1, new Error('broken'))
  expect(await first).toMatchObject({ message: 'broken' })
  expect(started).toEqual([1, 2])
  end(2)
  expect(await second).toBe('done 2')
  const third = search(3)
  expect(started).toEqual([1, 2, 3])
  end(3)
  expect(await third).toBe('done 3')
})
