import { afterAll, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPorts, diskFinding, freeBytes } from './machine.ts'
import { fixes, pagesOf, told } from './pages.fixture.ts'

const GIB = 2 ** 30

test('room is told in GiB; below one it is a warning, below a tenth wrong', () => {
  expect(told([diskFinding('/state', 70.5 * GIB)])).toEqual(['ok disk /state/audit: 70 GiB free'])
  expect(told([diskFinding('/state', 0.5 * GIB)])).toEqual(['warn disk /state/audit: 512 MiB free'])
  const none = diskFinding('/state', 10 * 2 ** 20)
  expect(told([none])).toEqual(['wrong disk /state/audit: 10 MiB free'])
  expect(none.fix).toBe('Make room, or set SALLYPORT_HOME to a larger disk: what cannot be recorded is refused.')
  expect(told([diskFinding('/state', undefined)])[0]).toStartWith('not-known disk')
})

test('room is measured where the log will be, though nothing is there yet', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'))
  expect(await freeBytes(join(directory, 'not', 'there', 'yet'))).toBeGreaterThan(0)
})

const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('x') })
afterAll(() => other.stop(true))

test('a free port is right; one of another program is wrong; one of a Sallyport is ours', async () => {
  const port = other.port ?? 0
  const stranger = await checkPorts({ host: '127.0.0.1', port }, pagesOf({}).look)
  expect(told(stranger)[0]).toBe(`wrong port 127.0.0.1:${port}: is in use by another program`)
  expect(fixes(stranger)[0]).toBe('Stop it, or set SALLYPORT_PORT.')
  const ours = pagesOf({ [`http://127.0.0.1:${port}/healthz`]: { headers: { 'x-sallyport-exchange': '01JD' } } })
  expect(told(await checkPorts({ host: '127.0.0.1', port }, ours.look))[0]).toBe(
    `ok port 127.0.0.1:${port}: a Sallyport serves there`,
  )
  const secured = pagesOf({ [`https://127.0.0.1:${port}/healthz`]: { headers: { 'x-sallyport-exchange': '01JD' } } })
  expect(told(await checkPorts({ host: '0.0.0.0', port }, secured.look))[0]).toBe(
    `ok port 0.0.0.0:${port}: a Sallyport serves there`,
  )
  const free = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('x') })
  const freed = free.port ?? 0
  await free.stop(true)
  expect(told(await checkPorts({ host: '127.0.0.1', port: freed }, pagesOf({}).look))[0]).toBe(
    `ok port 127.0.0.1:${freed}: free`,
  )
})

test('an address that this machine does not have is wrong', async () => {
  const [found] = await checkPorts({ host: '192.0.2.1', port: 8400 }, pagesOf({}).look)
  expect(found?.verdict).toBe('wrong')
  expect(found?.said).toStartWith('cannot be listened on (')
})
