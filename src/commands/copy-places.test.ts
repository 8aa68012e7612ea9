// From the bundle's words to a copy that `audit verify` accepts, over the real client of S3.
import { afterAll, expect, test } from 'bun:test'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { CopyPlace } from '#access/keeping.ts'
import { exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { s3Double } from '#upstream/s3-double.fixture.ts'
import { auditVerify } from './audit-verify.ts'
import { copyPlace } from './copy-places.ts'

const scratch = await mkdtemp(join(tmpdir(), 'sallyport-places-'))
const store = s3Double()
afterAll(async () => {
  await store.stop()
  await removeHomes()
  await rm(scratch, { recursive: true })
})

async function verify(directory: string, ...args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  const settings = { home: scratch, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), color: false }
  const rest = { terminal: false, cwd: '/', settings, environment: {} }
  return { code: await auditVerify([...args, '--directory', directory], { ...io, ...rest }), out, err }
}

const FILE = { from: 'file', path: '/run/secrets/s3' } as const

test('a bucket and a directory are copied to as the bundle names them, secrets read for each request', async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (let count = 0; count < 700; count++) await log.append(outcomeOf(exchangeId(count)), 'process')
  await log.close()
  await mkdir(join(scratch, 'disk'))
  const places: readonly CopyPlace[] = [
    { name: 'disk', to: 'directory', path: join(scratch, 'disk') },
    {
      name: 'bucket',
      to: 's3',
      bucket: 'audit',
      prefix: 'sallyport',
      endpoint: store.endpoint,
      key: FILE,
      secret: FILE,
    },
  ]
  let asked = 0
  const secret = (): Promise<string> => Promise.resolve(`secret-${asked++}`)
  const alarms: string[] = []
  for (const place of places) {
    const alarm = (line: string): void => void alarms.push(line)
    const chore = copyPlace(place, { auditDirectory: home.audit, now: () => Date.now(), secret, alarm })
    expect(chore.name).toBe(`copy:${place.name}`)
    while ((await chore.turn(new AbortController().signal)) === 'more');
    await chore.close()
  }
  for (const [path, bytes] of store.objects) {
    const file = join(scratch, 'downloaded', path.replace('/audit/sallyport/', ''))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, bytes)
  }
  expect(alarms).toEqual([])
  expect(asked).toBeGreaterThan(4)
  for (const directory of ['disk', 'downloaded']) {
    const { code, out } = await verify(join(scratch, directory), 'gateway-0')
    expect(code).toBe(0)
    expect(out[0]).toMatch(/^gateway-0 {3}701 entries {2}root [0-9a-f]{16}… {2}ok$/)
  }
})

test('a copy that was changed does not verify, and a log that it lacks is named with where it was looked for', async () => {
  const copy = join(scratch, 'changed')
  await cp(join(scratch, 'disk'), copy, { recursive: true })
  await writeFile(join(copy, 'gateway-0/tile/entries/000'), 'changed')
  expect((await verify(copy, '--all')).code).toBe(1)
  expect((await verify(copy, 'gateway-9')).err.join()).toContain(`there is no log gateway-9 in ${copy}`)
})
