// How long an answer may be about to begin.
import { expect, test } from 'bun:test'
import { callTo, outcomeOf, outgoing, providerAt, until } from './http.fixture.ts'

const { upstream } = outgoing()

const LIMIT = 300

/** Sends the headers of a stream at once, and its pieces after so many milliseconds each; then nothing, or an end. */
function slowServer(status: number, pieces: readonly (readonly [after: number, piece: string])[], ends = false) {
  const seen = { closed: false }
  const slow = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      async data(socket) {
        socket.write(`HTTP/1.1 ${status} X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`)
        for (const [after, piece] of pieces) {
          await Bun.sleep(after)
          socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`)
        }
        if (ends) socket.write('0\r\n\r\n')
      },
      // Not of a connection that was only tried out: nothing was asked on it.
      close: () => void (seen.closed = true),
    },
  })
  const at = providerAt(`http://127.0.0.1:${slow.port}`, {
    timeouts: { connect: 5_000, firstByte: LIMIT, idle: 60_000 },
  })
  return { seen, at, stop: () => slow.stop(true) }
}

test('an answer without a byte of its body in time is none, where that counts, and is given up', async () => {
  const { seen, at, stop } = slowServer(200, [])
  const asked = outcomeOf(() => upstream.send(callTo(at, { firstByteCounts: true })))
  await Bun.sleep(LIMIT / 3)
  // The connection that was tried out is closed by now.
  seen.closed = false
  expect(await asked).toBe('provider_timeout')
  await until(() => seen.closed)
  stop()
})

test('where it does not count, and for a no, an answer is one as soon as it has begun', async () => {
  for (const [status, firstByteCounts] of [
    [200, false],
    [503, true],
  ] as const) {
    const { at, stop } = slowServer(status, [])
    const answer = await upstream.send(callTo(at, { firstByteCounts }))
    expect(answer.status).toBe(status)
    await answer.body?.cancel()
    stop()
  }
})

test('an answer that began in time comes whole, and has all the time it wants from there', async () => {
  const pieces = [
    [50, 'one '],
    [LIMIT, 'two '],
    [LIMIT, 'three'],
  ] as const
  const { at, stop } = slowServer(200, pieces, true)
  const answer = await upstream.send(callTo(at, { firstByteCounts: true }))
  expect(await new Response(answer.body).text()).toBe('one two three')
  stop()
})

test('who leaves an answer that has begun closes the connection to the provider', async () => {
  for (const firstByteCounts of [true, false]) {
    const { seen, at, stop } = slowServer(200, [[0, 'one']])
    const answer = await upstream.send(callTo(at, { firstByteCounts }))
    const reader = answer.body!.getReader()
    await reader.read()
    seen.closed = false
    await reader.cancel()
    await until(() => seen.closed)
    stop()
  }
})

test('a connection that breaks before the first byte of a body is no answer either', async () => {
  const broken = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket) {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        setTimeout(() => socket.terminate(), 50)
      },
    },
  })
  const at = providerAt(`http://127.0.0.1:${broken.port}`)
  expect(await outcomeOf(() => upstream.send(callTo(at, { firstByteCounts: true })))).toBe('provider_failed')
  broken.stop(true)
})
