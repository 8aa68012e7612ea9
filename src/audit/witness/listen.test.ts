import { afterAll, expect, test } from 'bun:test'
import type { Asked } from './answer.ts'
import { listenWitness, type WitnessDoor } from './listen.ts'
import { WrongClock } from './witness.ts'

const doors: WitnessDoor[] = []
afterAll(() => Promise.all(doors.map((door) => door.stop())))

function doorOf(answered: (asked: Asked) => Promise<{ status: number; type: string; body: string }>) {
  const said: string[] = []
  const door = listenWitness({ host: '127.0.0.1', port: 0, answer: answered, say: (line) => said.push(line) })
  doors.push(door)
  return { url: `http://127.0.0.1:${door.port}`, said }
}

test('what is asked is handed on as it was sent', async () => {
  const asked: Asked[] = []
  const { url } = doorOf(async (each) => {
    asked.push(each)
    return { status: 409, type: 'text/x.tlog.size', body: '5\n' }
  })
  const response = await fetch(`${url}/add-checkpoint?x=1`, { method: 'POST', body: 'old 0\n' })
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    409,
    'text/x.tlog.size',
    '5\n',
  ])
  expect(asked).toEqual([{ method: 'POST', path: '/add-checkpoint', body: Buffer.from('old 0\n') }])
})

test('a body that is too large is not read, declared or not', async () => {
  let answers = 0
  const { url } = doorOf(async () => {
    answers += 1
    return { status: 200, type: 'text/plain', body: '' }
  })
  const declared = await fetch(url, { method: 'POST', body: 'x'.repeat(72 * 1024 + 1) })
  const stream = new ReadableStream({
    start(controller) {
      for (let at = 0; at < 80; at++) controller.enqueue(new Uint8Array(1024))
      controller.close()
    },
  })
  const chunked = await fetch(url, { method: 'POST', body: stream })
  expect([declared.status, chunked.status, answers]).toEqual([413, 413, 0])
})

test('an answer that fails is a 500 that says nothing of why, and is told here', async () => {
  const { url, said } = doorOf(() => Promise.reject(new Error('the disk is gone')))
  const response = await fetch(`${url}/logs`)
  expect([response.status, await response.text()]).toEqual([
    500,
    'Nothing was signed: this witness could not write it down.\n',
  ])
  expect(said).toEqual(['a request failed: the disk is gone'])
})

test('a clock that is wrong is a 503, and told here', async () => {
  const { url, said } = doorOf(() => Promise.reject(new WrongClock('the clock says 1970')))
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: 'x' })
  expect([response.status, await response.text()]).toEqual([
    503,
    'Nothing was signed: the clock of this witness is wrong.\n',
  ])
  expect(said).toEqual(['a request failed: the clock says 1970'])
})

test('only so many are under way at once', async () => {
  const { promise: never, resolve: end } = Promise.withResolvers<void>()
  let begun = 0
  const all = Promise.withResolvers<void>()
  const full = doorOf(async () => {
    begun += 1
    if (begun === 128) all.resolve()
    await never
    return { status: 200, type: 'text/plain', body: '' }
  })
  const many = Array.from({ length: 128 }, () => fetch(full.url))
  await all.promise
  expect((await fetch(full.url)).status).toBe(503)
  end()
  await Promise.all(many)
})
