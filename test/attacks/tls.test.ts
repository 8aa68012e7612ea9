// Nobody on the way reads or changes what passes: TLS 1.2 or 1.3, and nothing else on that port.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { answerOn, callRaw, head } from './raw-caller.ts'
import { HELLO_TEXT } from './hello.ts'
import { startTlsGate, type TlsGate } from './tls-gate.ts'

let gate: TlsGate
beforeAll(async () => {
  gate = await startTlsGate({ look: 1_000, retire: 1_000 })
})
afterAll(() => gate.stop())

test.each(['TLSv1', 'TLSv1.1'] as readonly SecureVersion[])('%s is refused by the gate itself', async (maxVersion) => {
  const error = await gate.dial({ minVersion: 'TLSv1', maxVersion }).then(
    () => undefined,
    (caught: unknown) => String(caught),
  )
  // An alert is the other side's word: a client that gave up by itself would say something else.
  expect(error).toMatch(/alert.*protocol.?version/i)
})

test.each(['TLSv1.2', 'TLSv1.3'] as readonly SecureVersion[])('%s is spoken', async (version) => {
  const socket = await gate.dial({ minVersion: version, maxVersion: version })
  expect(socket.getProtocol()).toBe(version)
  socket.destroy()
})

test('HTTP/2 is offered in vain: what is spoken is HTTP/1.1', async () => {
  const socket = await gate.dial({ ALPNProtocols: ['h2', 'http/1.1'] })
  expect(socket.alpnProtocol).not.toBe('h2')
  socket.write(head({ method: 'GET', path: '/healthz' }))
  expect((await answerOn(socket)).text).toStartWith('HTTP/1.1 200 ')
})

test('plain HTTP on that port gets no answer at all, and nothing of it is served', async () => {
  const lines = [
    `Authorization: Bearer ${gate.token}`,
    `Content-Length: ${HELLO_TEXT.length}`,
    'Content-Type: application/json',
  ]
  const { text } = await callRaw(`http://127.0.0.1:${gate.port}`, head({ lines }) + HELLO_TEXT)
  expect(text).toBe('')
})

test('answers and refusals tell browsers to come by TLS alone', async () => {
  const lines = [
    `Authorization: Bearer ${gate.token}`,
    `Content-Length: ${HELLO_TEXT.length}`,
    'Content-Type: application/json',
  ]
  const asked = [
    head({ lines }) + HELLO_TEXT,
    head({ method: 'GET', path: '/healthz' }),
    head({ method: 'GET', path: '/nothing' }),
  ]
  const statuses: number[] = []
  for (const sent of asked) {
    const socket = await gate.dial()
    socket.write(sent)
    const { status, response } = await answerOn(socket)
    statuses.push(status)
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000')
  }
  expect(statuses).toEqual([200, 200, 404])
})

test('connections that never shake hands delay nobody', async () => {
  const silent = await Promise.all(
    Array.from(
      { length: 200 },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const socket = connect(gate.port, '127.0.0.1', () => resolve(socket))
          socket.on('error', () => undefined)
        }),
    ),
  )
  const socket = await gate.dial()
  socket.write(head({ method: 'GET', path: '/healthz' }))
  expect((await answerOn(socket)).status).toBe(200)
  for (const each of silent) each.destroy()
})
