import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { startWickedProvider, type WickedProvider } from './wicked-provider.ts'

let wicked: WickedProvider
beforeAll(async () => {
  wicked = await startWickedProvider()
})
afterAll(() => wicked.stop())

interface Heard {
  readonly text: string
  readonly bytes: number
  readonly end: 'ended' | 'reset' | 'open'
}

/** Everything a raw socket hears, until the other side ends, or `enough` of it. */
function hear(misdeed: string, more: { readonly stream?: boolean; readonly enough?: number } = {}): Promise<Heard> {
  const body = JSON.stringify({ model: misdeed, stream: more.stream ?? false })
  const { port } = new URL(wicked.url)
  return new Promise((resolve) => {
    let text = ''
    let bytes = 0
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    )
    const finish = (end: Heard['end']) => {
      socket.destroy()
      resolve({ text, bytes, end })
    }
    socket.on('data', (piece) => {
      bytes += piece.length
      if (text.length < 100_000) text += piece.toString('latin1').slice(0, 100_000)
      if (isWhole(text)) finish('ended')
      if (more.enough !== undefined && bytes >= more.enough) finish('open')
    })
    socket.on('error', () => finish('reset'))
    socket.on('end', () => finish('ended'))
  })
}

function isWhole(text: string): boolean {
  const bodyStart = text.indexOf('\r\n\r\n') + 4
  if (text.includes('transfer-encoding: chunked')) return text.endsWith('\r\n0\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)\r\n/.exec(text)?.[1]
  return bodyStart > 3 && length !== undefined && text.length - bodyStart >= Number(length)
}

test('whole answers that are not what they should be', async () => {
  const start = async (misdeed: string) => (await hear(misdeed)).text
  expect(await start('html')).toContain('text/html')
  expect(await start('html-502')).toStartWith('HTTP/1.1 502 ')
  expect(await start('wrong-shape')).toContain('{"hello"')
  expect(await start('error-200')).toMatch(/^HTTP\/1\.1 200 .*"error"/s)
  expect(await start('redirect')).toContain(`location: ${wicked.url}/trap`)
  expect(await start('duplicate-keys')).toMatch(/"choices":\[\],.*"choices":/s)
  expect(await start('chatty-headers')).toContain('set-cookie: session=wicked')
  expect((await hear('header-flood', { enough: 4_000_000 })).bytes).toBeGreaterThan(3_999_999)
})

test('an answer that is cut promised more than it sent', async () => {
  const { text, end } = await hear('cut-json')
  const [head, body] = text.split('\r\n\r\n')
  expect(end).toBe('ended')
  expect(Number(/content-length: (\d+)/.exec(head ?? '')?.[1])).toBeGreaterThan(200)
  expect(body).toHaveLength(90)
  expect((await hear('two-content-lengths')).text.match(/Content-Length/g)).toHaveLength(2)
})

test('a compressed answer can be decompressed', async () => {
  const { text } = await hear('gzip')
  expect(gunzipSync(Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1')).toString()).toContain('"Hello"')
})

test('streams that break, end too early, or hold an error', async () => {
  const stream = { stream: true }
  const broken = await hear('die-midstream', stream)
  expect([broken.end, broken.text.includes('\r\n0\r\n')]).toEqual(['reset', false])
  for (const misdeed of ['end-midstream', 'error-midstream']) {
    expect((await hear(misdeed, stream)).text).not.toContain('[DONE]')
  }
  expect((await hear('error-200', stream)).text).toContain('data: {"error"')
  expect((await hear('wrong-kind')).text).toContain('text/event-stream')
})

test('ten megabytes without a newline, and a gigabyte that never ends of itself', async () => {
  const { bytes, end, text } = await hear('no-newline', { stream: true })
  expect([end, text.split('\r\n\r\n')[1]?.includes('\n')]).toEqual(['ended', false])
  expect(bytes).toBeGreaterThan(10_485_760)
  expect((await hear('huge', { stream: true, enough: 20_000_000 })).end).toBe('open')
  expect((await hear('huge', { enough: 20_000_000 })).end).toBe('open')
})

test('a caller who gives up on a provider that hangs is noticed, and the path can say the misdeed, too', async () => {
  const leaving = new AbortController()
  const waiting = fetch(`${wicked.url}/hang/v1/chat/completions`, {
    method: 'POST',
    body: '{}',
    signal: leaving.signal,
  })
  while (wicked.asked.at(-1)?.misdeed !== 'hang') await Bun.sleep(5)
  leaving.abort()
  await waiting.catch(() => undefined)
  while (wicked.asked.at(-1)?.closed !== true) await Bun.sleep(5)
  expect(wicked.trapped()).toBe(0)
})

test('headers that never end, and a stream that never begins', async () => {
  expect((await hear('slow-headers', { enough: 27 })).text).toMatch(/x-slow: \.+$/)
  expect((await hear('silent-stream', { stream: true, enough: 60 })).text).toContain('text/event-stream')
})
