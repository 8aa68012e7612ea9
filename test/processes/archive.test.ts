// The archive process beside the gateway: it can be killed, it can be away, and nobody who asks the gateway notices.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Program, type Sandbox, sandbox } from './sandbox.ts'

let place: Sandbox
let demo: Program

beforeAll(async () => {
  place = await sandbox()
  demo = place.start(['demo'])
  await demo.says(/Ctrl-C stops everything/)
}, 40_000)
afterAll(() => place.remove())

async function archivePid(): Promise<number | undefined> {
  for (const [pid, command] of await demo.members()) if (command.includes('main.ts archive')) return pid
  return undefined
}

/** Resolves once it says how it stands, at a time after `since`. */
async function standing(since: number): Promise<{ at: number; chores: { name: string; failing: boolean }[] }> {
  for (;;) {
    const text = await readFile(join(place.home, 'metrics', 'archive.json'), 'utf8').catch(() => '')
    const read = text === '' ? undefined : JSON.parse(text)
    if (read && read.at > since) return read
    await Bun.sleep(50)
  }
}

async function ask(): Promise<number> {
  const { out: token } = await place.run(['demo', 'token', 'alice'])
  const response = await fetch(`http://127.0.0.1:${place.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'clinic-large', messages: [{ role: 'user', content: 'Good morning' }] }),
  })
  await response.text()
  return response.status
}

test('it says how it stands, and what it indexed agrees with the logs', async () => {
  expect(await ask()).toBe(200)
  expect(await standing(0)).toMatchObject({ name: 'archive', chores: [{ name: 'index', dropped: 0, failing: false }] })
  const { code, out } = await place.run(['audit', 'index', '--check'])
  expect({ code, last: out.trim().split('\n').at(-1) }).toEqual({ code: 0, last: 'the index agrees with the logs' })
}, 30_000)

test('killed, it is started again, and the gateway serves all the while', async () => {
  const pid = await archivePid()
  expect(pid).toBeDefined()
  const killed = Date.now()
  process.kill(pid ?? 0, 'SIGKILL')
  expect(await ask()).toBe(200)
  await standing(killed + 500)
  expect(await archivePid()).not.toBe(pid)
  expect(demo.output()).toContain('sallyport: archive ended (SIGKILL); starting it again')
}, 30_000)

test('an index that was damaged meanwhile is made anew, and no answer is missing', async () => {
  const pid = await archivePid()
  process.kill(pid ?? 0, 'SIGKILL')
  await writeFile(join(place.home, 'index.db'), 'damaged '.repeat(1000))
  await standing(Date.now() + 500)
  const { out } = await place.run(['audit', 'show', '--principal', 'alice', '--kind', 'decision', '--json'])
  expect(out.trim().split('\n')).toHaveLength(2)
}, 30_000)

test('it ends with the others, leaves nothing, and its log verifies', async () => {
  demo.signalGroup('SIGTERM')
  expect(await demo.ended).toBe(0)
  expect((await demo.members()).size).toBe(0)
  const { code, out } = await place.run(['audit', 'verify', '--all'])
  expect(code).toBe(0)
  expect(out).toMatch(/^archive +\d+ entr/m)
}, 30_000)
