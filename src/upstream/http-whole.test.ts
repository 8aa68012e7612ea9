// Which answers may be read whole: those that say how short they are, in a way that holds.
import { afterAll, expect, test } from 'bun:test'
import { createServer, type Socket } from 'node:net'
import { outgoing, providerAt } from './http.fixture.ts'

let head: readonly string[] = []
let body = ''
const sockets = new Set<Socket>()
const server = createServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => undefined)
  socket.once('data', () => void socket.write(`HTTP/1.1 200 OK\r\n${head.join('\r\n')}\r\n\r\n${body}`))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

async function answer(lines: readonly string[], text: string) {
  head = ['content-type: application/json', 'connection: close', ...lines]
  body = text
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return outgoing().ask(providerAt(`http://127.0.0.1:${address.port}/v1`))
}

test('an answer that says how short it is may be read whole', async () => {
  const { whole } = await answer(['content-length: 11'], '{"ok":true}')
  expect(new TextDecoder().decode(await whole?.(5_000, () => new Error('late')))).toBe('{"ok":true}')
})

test.each([
  [['content-length: 10', 'transfer-encoding: chunked']],
  [['transfer-encoding: chunked', 'content-length: 10']],
  [['Transfer-Encoding: gzip, chunked', 'Content-Length: 10']],
  [['transfer-encoding: chunked']],
  [['content-length: 300000']],
])('%j says nothing that holds: it is counted while it is read', async (lines) => {
  const { whole } = await answer(lines, `20000\r\n${' '.repeat(0x20000)}\r\n`)
  expect(whole).toBeUndefined()
})
