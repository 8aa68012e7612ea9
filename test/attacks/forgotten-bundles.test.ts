// A bundle that is in force no more leaves nothing in memory, nor does whoever proved who called under it: an operator who loads
// bundles all day would bring the process down otherwise.
import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditLog } from '#audit/audit-log.ts'
import { serveBundle } from '#commands/authorization-bundle.ts'
import { wireAuthorization } from '#commands/authorization-parts.ts'
import { stateDirectory } from '#commands/state-directory.ts'
import { CLINIC, exchangeOf, type Rig, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'

const RELOADS = 12
/** The one in force, the one before it, and what a collector that looks for roots in registers takes for one. */
const KEPT = 4

const started: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const stop of started.toReversed()) await stop()
})

/** How many of these are still there, once whatever is waiting has had its turn. */
async function alive(old: readonly WeakRef<object>[]): Promise<number> {
  for (let turn = 0; turn < 5; turn++) {
    await sleep(20)
    Bun.gc(true)
  }
  return old.filter((each) => each.deref() !== undefined).length
}

async function rigOf(files: Readonly<Record<string, string>>): Promise<Rig> {
  const rig = await startRig({ files })
  started.push(() => rig.stop())
  return rig
}

test('of the gateway', async () => {
  const rig = await rigOf(CLINIC)
  const old: WeakRef<object>[] = []
  for (let turn = 0; turn < RELOADS; turn++) {
    const asked = await rig.ask('alice', HELLO)
    expect([asked.status, exchangeOf(asked).length]).toEqual([200, 26])
    await asked.text()
    const { bundle, jwt } = rig.inForce.active()
    old.push(new WeakRef(bundle), new WeakRef(jwt))
    await rig.inForce.reload()
  }
  expect(await alive(old)).toBeLessThan(2 * KEPT)
}, 30_000)

test('of the authorization server', async () => {
  const login = 'as: "User::{sub}", login: { client: gate } }'
  const yaml = (CLINIC['sallyport.yaml'] ?? '').replace('as: "User::{sub}" }', login)
  const { home: directory } = await rigOf({ ...CLINIC, 'sallyport.yaml': yaml })
  const home = await mkdtemp(join(tmpdir(), 'sallyport-forgotten-'))
  started.push(() => rm(home, { recursive: true, force: true }))
  const trail: Pick<AuditLog, 'append' | 'room'> = {
    append: async () => ({ log: 'authorization', index: 0, id: 'id', hash: 'hash' }),
    room: async () => undefined,
  }
  const io = { err: () => undefined, color: false, environment: {} }
  const wired = await wireAuthorization({
    directory: join(directory, 'bundle'),
    state: await stateDirectory(home),
    trail,
    io,
    report: () => undefined,
    bundle: () => undefined,
  })
  started.push(async () => wired.close())
  const served = await serveBundle(wired)
  const old: WeakRef<object>[] = []
  for (let turn = 0; turn < RELOADS; turn++) {
    const now = served?.active()
    if (!now) throw new Error('the bundle is faulty')
    old.push(new WeakRef(now.bundle), new WeakRef(now.bundle.config), new WeakRef(now.tokens), new WeakRef(now.server))
    await served?.reload()
  }
  expect(await alive(old)).toBeLessThan(4 * KEPT)
}, 30_000)
