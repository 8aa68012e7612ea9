// Once a gateway has TLS it keeps it: no bundle, and nothing that happens to its files, makes it speak plain HTTP. That it
// does not begin in plain HTTP where it is reached from elsewhere is in test/processes/wire.test.ts.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { answerOn, callRaw, head } from './raw-caller.ts'
import { until } from './record.ts'
import { startTlsGate, type TlsGate } from './tls-gate.ts'

const HEALTH = head({ method: 'GET', path: '/healthz' })

let gate: TlsGate
beforeEach(async () => {
  gate = await startTlsGate({ look: 10, retire: 10 })
})
afterEach(() => gate.stop())

async function shown(): Promise<string> {
  const socket = await gate.dial()
  socket.write(HEALTH)
  const { fingerprint256 } = new X509Certificate(socket.getPeerCertificate().raw)
  expect((await answerOn(socket)).status).toBe(200)
  return fingerprint256
}

const plain = async (): Promise<string> => (await callRaw(`http://127.0.0.1:${gate.port}`, HEALTH)).text

test.each(['{}', '{ plaintext: "no longer needed" }'])('a bundle with %s leaves it with TLS', async (listen) => {
  const before = await shown()
  await gate.reload(listen)
  expect(gate.log.join('\n')).toMatch(/bundle [0-9a-f]{12} is in force/)
  // Several looks later.
  for (let turn = 0; turn < 10; turn += 1) {
    expect(await shown()).toBe(before)
    expect(await plain()).toBe('')
    await Bun.sleep(10)
  }
})

test('broken files leave it with TLS', async () => {
  const before = await shown()
  await gate.install({ certificate: 'broken', key: 'broken' })
  await until('that is said', () => gate.log.some((line) => line.includes('not taken')))
  expect(await shown()).toBe(before)
  expect(await plain()).toBe('')
})

test('a bundle with other paths takes up the certificate that is there', async () => {
  const { certificate, key } = await gate.issue()
  await gate.reload('{ tls: { certificate: "file:../tls/next.crt", key: "file:../tls/next.key" } }', {
    '../tls/next.crt': certificate,
    '../tls/next.key': key,
  })
  expect(gate.log.join('\n')).toMatch(/bundle [0-9a-f]{12} is in force/)
  await until('it is served', () => gate.log.some((line) => line.includes('was replaced')))
  const wanted = new X509Certificate(certificate).fingerprint256
  await until('it alone is shown', async () => {
    for (let look = 0; look < 8; look += 1) if ((await shown().catch(() => '')) !== wanted) return false
    return true
  })
  expect(await plain()).toBe('')
})
