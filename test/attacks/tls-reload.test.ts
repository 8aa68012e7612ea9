// A certificate is replaced under load: no request that was sent is dropped, no stream is cut, and afterwards only the new one is shown.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { TLSSocket } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { head } from './raw-caller.ts'
import { until } from './record.ts'
import { startTlsGate, type TlsGate } from './tls-gate.ts'

let gate: TlsGate
beforeAll(async () => {
  gate = await startTlsGate({ look: 25, retire: 250 })
})
afterAll(() => gate.stop())

interface Answer {
  readonly status: number
  readonly closes: boolean
  readonly body: string
}

/** Sends one request and hears its answer; rejects where the connection ends first. */
function exchange(socket: TLSSocket, request: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const settle = (end: () => void): void => {
      socket.off('data', hear)
      socket.off('close', lost)
      end()
    }
    const lost = (): void => settle(() => reject(new Error(`cut after ${JSON.stringify(text.slice(0, 200))}`)))
    const hear = (bytes: Buffer): void => {
      text += bytes.toString('latin1')
      const start = text.indexOf('\r\n\r\n') + 4
      if (start === 3) return
      const top = text.slice(0, start)
      const length = /\r\ncontent-length: (\d+)/i.exec(top)?.[1]
      const whole = length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length - start >= Number(length)
      if (!whole) return
      const answer = {
        status: Number(top.slice(9, 12)),
        closes: /\r\nconnection: close/i.test(top),
        body: text.slice(start),
      }
      settle(() => resolve(answer))
    }
    socket.on('data', hear)
    socket.on('close', lost)
    socket.write(request)
  })
}

function ask(content: string, stream: boolean): string {
  const body = JSON.stringify({ model: 'clinic-small', messages: [{ role: 'user', content }], stream })
  const lines = [
    `Authorization: Bearer ${gate.token}`,
    `Content-Length: ${body.length}`,
    'Content-Type: application/json',
  ]
  return head({ lines }) + body
}

let turnedAway = 0

/**
 * A connection that the kernel had queued at a door at the moment at which it was shut is reset, before anything was sent
 * on it (see docs/wire.md): counted, and tried again as clients do.
 */
async function dial(): Promise<TLSSocket> {
  for (;;) {
    const socket = await gate.dial().catch(() => undefined)
    if (socket) return socket
    turnedAway += 1
  }
}

const shown = async (): Promise<string> => {
  const socket = await dial()
  const { raw } = socket.getPeerCertificate()
  socket.destroy()
  return new X509Certificate(raw).fingerprint256
}

test('three times in a row: short requests on new and on kept connections, and streams across each change, are all answered', async () => {
  const going = { over: false }
  const failed: string[] = []
  const counted = { fresh: 0, kept: 0, streams: 0 }
  const load = async (kind: keyof typeof counted, once: () => Promise<Answer>): Promise<void> => {
    while (!going.over) {
      const wrong = await once().then(
        ({ status, body }) =>
          status === 200 && (kind !== 'streams' || body.includes('[DONE]')) ? '' : `${status} ${body}`,
        String,
      )
      counted[kind] += 1
      if (wrong !== '') failed.push(`${kind}: ${wrong}`)
    }
  }
  const fresh = async (): Promise<Answer> => {
    const socket = await dial()
    try {
      return await exchange(socket, ask('hello', false))
    } finally {
      socket.destroy()
    }
  }
  const kept = (): (() => Promise<Answer>) => {
    let socket: TLSSocket | undefined
    return async () => {
      socket ??= await dial()
      const answer = await exchange(socket, ask('hello', false))
      // As RFC 9112 §9.6 has it: whoever is told that the connection ends, sends nothing more on it.
      if (answer.closes) {
        socket.destroy()
        socket = undefined
      }
      return answer
    }
  }
  const stream = async (): Promise<Answer> => {
    const socket = await dial()
    try {
      return await exchange(socket, ask('[[delay:60]]one two three four five six seven eight nine ten', true))
    } finally {
      socket.destroy()
    }
  }
  const running = [
    load('fresh', fresh),
    load('fresh', fresh),
    load('kept', kept()),
    load('kept', kept()),
    load('streams', stream),
    load('streams', stream),
  ]

  const seen = [await shown()]
  for (let turn = 1; turn <= 3; turn += 1) {
    const pair = await gate.issue()
    await gate.install(pair)
    await until(
      'the new certificate is served',
      () => gate.log.filter((line) => line.includes('was replaced')).length === turn,
    )
    // The old door takes new connections until it is shut.
    const wanted = new X509Certificate(pair.certificate).fingerprint256
    await until('only the new one is shown', async () => {
      for (let look = 0; look < 12; look += 1) if ((await shown()) !== wanted) return false
      return true
    })
    seen.push(wanted)
  }
  const before = { ...counted }
  await until('streams that began before the last change have ended', () => counted.streams >= before.streams + 2)
  going.over = true
  await Promise.all(running)
  expect(failed).toEqual([])
  expect(new Set(seen).size).toBe(4)
  expect(counted.fresh).toBeGreaterThan(20)
  expect(counted.kept).toBeGreaterThan(20)
  expect(counted.streams).toBeGreaterThan(3)
  expect(turnedAway).toBeLessThan(20)
}, 30_000)
