// No audit, no service: while the log cannot be written nothing reaches a provider, callers and operators are told so, and
// service resumes by itself. Whatever was open when it began is closed.
import { afterAll, afterEach, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fault, faultyFiles } from '#audit/test-log.ts'
import { exchangeOf, type Rig, says, startRig } from '../rig.ts'
import { type OwnWorld, ownWorld } from './own-world.ts'
import { type Sandbox, sandbox, until } from './sandbox.ts'

const well: Fault = () => undefined
let fault: Fault = well
const rigs: Rig[] = []
afterEach(() => {
  fault = well
})
afterAll(() => Promise.all(rigs.map((rig) => rig.stop())))

async function faultyRig(options: Parameters<typeof startRig>[0] = {}): Promise<Rig> {
  fault = well
  const rig = await startRig({ ...options, auditFiles: faultyFiles((operation, path) => fault(operation, path)) })
  rigs.push(rig)
  return rig
}

const failing =
  (code: string, ...operations: readonly string[]): Fault =>
  (operation) =>
    operations.includes(operation) ? Object.assign(new Error(`${code}: as told`), { code }) : undefined

const MAKING = ['create', 'writeSynced', 'rename', 'makeDirectory', 'remove'] as const

const CAUSES: readonly { readonly name: string; readonly fault: Fault; readonly code: string }[] = [
  { name: 'a full disk', code: 'ENOSPC', fault: failing('ENOSPC', 'write', 'create', 'writeSynced', 'makeDirectory') },
  { name: 'a disk that became read-only', code: 'EROFS', fault: failing('EROFS', 'write', 'truncate', ...MAKING) },
  { name: 'writes that fail', code: 'EIO', fault: failing('EIO', 'write') },
  { name: 'writes and syncs that fail', code: 'EIO', fault: failing('EIO', 'write', 'sync', 'settle', 'writeSynced') },
]

const providerCount = async (rig: Rig): Promise<number> =>
  ((await (await fetch(`${rig.provider}/seen`)).json()) as readonly unknown[]).length

const ready = async (rig: Rig): Promise<{ status: number; text: string }> => {
  const response = await fetch(`${rig.url}/readyz`)
  return { status: response.status, text: await response.text() }
}

const ask = (rig: Rig, model = 'clinic-small', stream = false): Promise<Response> =>
  rig.ask('alice', { model, stream, messages: says('hello') })

for (const { name, code, fault: cause } of CAUSES) {
  test(`${name}: each caller gets a 503 in the words of their protocol, nothing leaves, and it ends by itself`, async () => {
    const rig = await faultyRig()
    expect((await ask(rig)).status).toBe(200)
    const before = await providerCount(rig)
    fault = cause
    const answers = await Promise.all([
      ask(rig),
      ask(rig, 'clinic-small', true),
      ask(rig, 'clinic-records'),
      rig.call(
        'alice',
        '/v1/messages',
        { model: 'x', max_tokens: 1, messages: says('hello') },
        { headers: { 'anthropic-version': '2023-06-01' } },
      ),
      rig.call('alice', '/nowhere'),
    ])
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503])
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['1', '1', '1', '1', '1'])
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as readonly Record<string, unknown>[]
    for (const body of bodies.slice(0, 3))
      expect(body['error']).toMatchObject({ type: 'server_error', code: 'audit_unavailable' })
    expect(bodies[3]).toMatchObject({ type: 'error', error: { type: 'overloaded_error', code: 'audit_unavailable' } })
    expect(await providerCount(rig)).toBe(before)
    const unready = await ready(rig)
    expect(unready.status).toBe(503)
    expect(unready.text).toContain(code)
    fault = well
    await until('it is ready again', async () => (await ready(rig)).status === 200)
    expect((await ask(rig, 'clinic-records')).status).toBe(200)
  })
}

test('syncs that fail: tier 3 is refused at once, then all are, until what was written stands elsewhere', async () => {
  const rig = await faultyRig()
  expect((await ask(rig)).status).toBe(200)
  const before = await providerCount(rig)
  fault = failing('EIO', 'sync', 'writeSynced')
  expect((await ask(rig, 'clinic-records')).status).toBe(503)
  expect((await ask(rig)).status).toBe(503)
  expect((await ready(rig)).text).toContain('a sync of the journal failed')
  expect(await providerCount(rig)).toBe(before)
  fault = well
  await until('it is ready again', async () => (await ready(rig)).status === 200)
  expect((await ask(rig, 'clinic-records')).status).toBe(200)
  await expectEachClosedOnce(rig)
})

test('too many open files: what is open goes on being written, and what waited to be signed is signed afterwards', async () => {
  const rig = await faultyRig()
  fault = failing('EMFILE', 'create', 'writeSynced', 'syncDirectory', 'settleDirectory', 'read', 'list')
  for (let turn = 0; turn < 5; turn++) expect((await ask(rig)).status).toBe(200)
  expect((await ready(rig)).status).toBe(200)
  fault = well
  expect((await ask(rig, 'clinic-records')).status).toBe(200)
  await rig.trail.integrate()
  await expectEachClosedOnce(rig)
})

/** Of what stands in the log: one outcome for each decision. */
async function expectEachClosedOnce(rig: Rig): Promise<void> {
  const exchanges = async (kind: string): Promise<readonly unknown[]> =>
    (await rig.entries())
      .filter((entry) => entry.kind === kind)
      .map((entry) => entry['exchange'])
      .sort()
  await until('each is closed', async () => (await exchanges('outcome')).length >= (await exchanges('decision')).length)
  expect(await exchanges('outcome')).toEqual([...(await exchanges('decision'))])
}

test('a stream and a plain answer whose outcome could not be recorded are closed as unknown without a restart', async () => {
  const rig = await faultyRig()
  const slow = { model: 'clinic-small', messages: says('one two three four [[delay:120]]') }
  const plain = rig.ask('alice', { ...slow, messages: says('one [[delay:900]]') })
  const stream = await rig.ask('alice', { ...slow, stream: true })
  const reader = stream.body!.getReader()
  let text = new TextDecoder().decode((await reader.read()).value)
  await until(
    'both are decided',
    async () => (await rig.entries()).filter(({ kind }) => kind === 'decision').length === 2,
  )
  fault = failing('ENOSPC', 'write', 'create', 'writeSynced')
  expect((await plain).status).toBe(503)
  for (let read = await reader.read(); !read.done; read = await reader.read())
    text += new TextDecoder().decode(read.value)
  expect(text).toContain('audit_unavailable')
  expect(text).not.toContain('[DONE]')
  fault = well
  for (const response of [await plain, stream]) {
    const { outcome } = await rig.settled(exchangeOf(response))
    expect(outcome).toMatchObject({ ended: 'unknown', status: 0 })
  }
  await expectEachClosedOnce(rig)
})

test('a decision whose refusal had a sign to record, and could not, is closed as well', async () => {
  const rig = await faultyRig({
    provider: 'http://metadata.example',
    resolve: async () => ['169.254.169.254'],
  })
  // Begins the conversation, which is an entry of its own.
  expect((await ask(rig)).status).toBe(502)
  let writes = 0
  // Its decision is taken; the sign that comes next is not.
  fault = (operation) => (operation === 'write' && ++writes > 1 ? new Error('EIO') : undefined)
  const refused = await ask(rig)
  expect(refused.status).toBe(503)
  fault = well
  await until('it is ready again', async () => (await ready(rig)).status === 200)
  const { outcome } = await rig.settled(exchangeOf(refused))
  expect(outcome).toMatchObject({ ended: 'unknown' })
})

/** Whether this machine lets us have a small disk of our own. */
const canMount =
  process.getuid?.() === 0 &&
  spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=1m tmpfs "$d" && umount "$d"']).status === 0

test.skipIf(!canMount)(
  'a real disk that is full: 503, an alarm, one line each, and service again once there is space',
  async () => {
    const place: Sandbox = await sandbox()
    const world: OwnWorld = await ownWorld(place.cwd)
    const disk = join(place.cwd, 'disk')
    await mkdir(disk)
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]).status).toBe(0)
    try {
      const program = place.start(['gateway', '--bundle', world.bundle], { SALLYPORT_HOME: join(disk, 'home') })
      const url = `http://127.0.0.1:${place.port}`
      const token = await world.issuer.mint('alice')
      const asks = (): Promise<Response> =>
        fetch(`${url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'clinic-small', messages: says('x'.repeat(2_000)) }),
        })
      const status = (path: string): Promise<number> =>
        fetch(`${url}${path}`).then(
          (response) => response.status,
          () => 0,
        )
      await until('it serves', async () => (await status('/readyz')) === 200)
      expect((await asks()).status).toBe(200)
      const metric = async (name: string): Promise<number> => {
        const page = await (await fetch(`${url}/metrics`)).text()
        return Number(new RegExp(`^${name}[^ ]* (\\S+)$`, 'm').exec(page)?.[1])
      }
      expect(await metric('sallyport_audit_writable')).toBe(1)
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k'])
      // The page that the log is in has some space left.
      await until('it refuses', async () => (await asks()).status === 503)
      const before = world.seen.length
      for (let turn = 0; turn < 20; turn++) expect((await asks()).status).toBe(503)
      expect(world.seen.length).toBe(before)
      const unready = await fetch(`${url}/readyz`)
      expect(unready.status).toBe(503)
      expect(await unready.text()).toContain('ENOSPC')
      expect(await metric('sallyport_audit_writable')).toBe(0)
      await program.says(/the audit log gateway-0 cannot be written, so every request is refused: ENOSPC/)
      await rm(join(disk, 'filler'))
      await until('it is ready again', async () => (await status('/readyz')) === 200)
      expect((await asks()).status).toBe(200)
      expect(await metric('sallyport_audit_writable')).toBe(1)
      await program.says(/the audit log gateway-0 can be written again/)
      expect(program.output().match(/cannot be written/g)?.length).toBe(1)
      process.kill(program.pid, 'SIGTERM')
      expect(await program.ended).toBe(0)
      const verified = await place.run(['audit', 'verify', 'gateway-0'], { SALLYPORT_HOME: join(disk, 'home') })
      expect(verified.code).toBe(0)
    } finally {
      await place.remove().catch(() => undefined)
      spawnSync('umount', ['-l', disk])
      await rm(place.cwd, { recursive: true, force: true })
      await world.stop()
    }
  },
  60_000,
)
