import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listenAuthorization, socketFault } from './listen.ts'

const home = mkdtempSync(join(tmpdir(), 'sallyport-door-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

test('the socket is its owner’s alone, whatever was left there before', async () => {
  const socket = join(home, 'run', 'authorization.sock')
  const serve = () => async (_request: unknown, response: { end(text: string): unknown }) => void response.end('here')
  const first = await listenAuthorization({ socket }, serve)
  await first.stop(500)
  writeFileSync(socket, 'left by one that was killed')
  const door = await listenAuthorization({ socket }, serve)
  expect(statSync(socket).mode & 0o777).toBe(0o600)
  expect(statSync(join(home, 'run')).mode & 0o777).toBe(0o700)
  expect(await (await fetch('http://localhost/', { unix: socket })).text()).toBe('here')
  await door.stop(500)
})

test('a path that is too long for a socket is said to be, with the fix', () => {
  expect(socketFault('/home/user/.sallyport/run/authorization.sock')).toBeUndefined()
  expect(socketFault(`/${'x'.repeat(120)}`)).toContain(
    '121 bytes long, and 100 is the most: set SALLYPORT_HOME to a shorter one',
  )
})
