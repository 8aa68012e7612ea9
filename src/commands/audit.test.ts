// The commands that print what others wrote, over logs made for the purpose.
import { afterAll, expect, test } from 'bun:test'
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Entry } from '#access/trail.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { audit } from './audit.ts'
import { explain } from './explain.ts'
import type { Io } from './io.ts'

afterAll(removeHomes)

interface Ran {
  readonly code: number
  readonly out: readonly string[]
  readonly err: readonly string[]
}

async function run(
  command: (args: readonly string[], io: Io) => Promise<number>,
  args: readonly string[],
  home: string,
): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    color: false,
    terminal: false,
    cwd: '/',
  }
  return { code: await command(args, { ...io, settings, environment: {} }), out, err }
}

/** A control log and a gateway's, whose birth it records, and one exchange. */
async function worldOf(
  seed: string,
  entries: readonly Entry[] = [decisionOf(exchangeId(1)), outcomeOf(exchangeId(1))],
) {
  const place = await makeHome()
  const control = await openTestLog(place, { log: 'control', seed: `control ${seed}` })
  const log = await openTestLog(place, { log: 'gateway-0', seed })
  const birth = { what: 'log-birth', subject: 'gateway-0', by: 'control', why: 'a new log' } as const
  await control.append({ kind: 'change', ...birth, after: log.verifierKey }, 'machine')
  for (const entry of entries) await log.append(entry, 'process')
  await Promise.all([log.close(), control.close()])
  return dirname(place.audit)
}

const NOTES_WITHOUT_WITNESS = [
  'note  Without a witness it cannot be told whether a log was cut short, or rolled back, together with its checkpoint,',
  'note  or whether somebody else was shown another history, signed with the same key.',
]

test('logs that the keys of this machine vouch for verify, and only the witness is missing', async () => {
  const { code, out } = await run(audit, ['verify', '--all'], await worldOf('ours'))
  expect(code).toBe(0)
  expect(out.map((line) => line.replace(/ root .*… /, ' '))).toEqual([
    'control       2 entries   ok',
    'gateway-0     3 entries   ok',
    ...NOTES_WITHOUT_WITNESS,
  ])
})

test('an audit directory forged whole fails beside our keys, and is noted without them', async () => {
  const ours = await worldOf('ours')
  const forged = await worldOf('forger')
  const alone = join(forged, 'copy')
  await cp(join(forged, 'audit'), join(alone, 'audit'), { recursive: true })
  const noted = await run(audit, ['verify', '--all'], alone)
  expect(noted.code).toBe(0)
  expect(noted.out).toContain(
    'note  The key of control was taken at its word, from key.pub: whoever can write there can sign anew.' +
      ' The control log alone vouches for gateway-0.',
  )
  await cp(join(ours, 'keys'), join(alone, 'keys'), { recursive: true })
  const refused = await run(audit, ['verify', '--all'], alone)
  expect(refused.code).toBe(1)
  expect(refused.out[0]).toStartWith('control    ✗ key.pub is not the key recorded for this log, which is sallyport/')
  expect((await run(audit, ['verify', 'gateway-0'], alone)).code).toBe(1)
})

test('a key pinned on the command line is held against the log, and also shown beside another', async () => {
  const home = await worldOf('ours')
  const forged = await worldOf('forger')
  await rename(join(forged, 'keys'), join(forged, 'away'))
  const pin = `control=${(await readFile(join(home, 'audit/control/key.pub'), 'utf8')).trim()}`
  expect((await run(audit, ['verify', '--all', '--key', pin], home)).code).toBe(0)
  expect((await run(audit, ['verify', '--all', '--key', pin], forged)).code).toBe(1)
  expect((await run(audit, ['verify', 'gateway-0'], forged)).code).toBe(0)
  expect((await run(audit, ['verify', 'gateway-0', '--key', pin], forged)).code).toBe(1)
  const records = JSON.parse((await run(audit, ['verify', '--all', '--json', '--key', pin], home)).out[0] ?? '')
  expect(records).toMatchObject({ ok: true, notes: [] })
})

for (const pin of ['control', 'control=x', '../x=y', '=']) {
  test(`--key ${pin} is wrong use`, async () => {
    const ran = run(audit, ['verify', '--all', '--key', pin], '/nowhere')
    expect(await ran.catch((error: unknown) => error)).toMatchObject({ name: 'UsageError' })
  })
}

/** Sets a title, clears the screen, turns the text around; and C1's own way to begin. */
const WICKED = '\u001b]0;PWNED\u0007\u001b[2J\u202e\u009b2J'
const STEERS = /[\p{Cc}\p{Cf}]/u

const WICKED_ENTRIES: readonly Entry[] = [
  {
    ...decisionOf(exchangeId(1), 'deny'),
    principal: { type: 'User', id: `al${WICKED}`, groups: [WICKED], chain: [] },
    action: `infer${WICKED}`,
    reason: `r${WICKED}`,
    resource: { type: 'Model', id: `m${WICKED}` },
    grounds: {
      policies: [{ id: `p${WICKED}`, effect: 'forbid', file: 'policies/a.cedar', line: 1 }],
      erring: [{ id: 'q', effect: 'forbid', file: `f${WICKED}`, line: 1, error: `E${WICKED}` }],
      tell: `T${WICKED}`,
    },
  },
  { ...outcomeOf(exchangeId(1)), reason: WICKED, attempts: [{ target: WICKED, status: 0, us: 1, error: WICKED }] },
]

test('nothing that stands in an entry, a policy or a name steers the terminal', async () => {
  const home = await worldOf('wicked', WICKED_ENTRIES)
  const bundle = join(home, 'bundles', '0f'.repeat(32), 'policies')
  await mkdir(bundle, { recursive: true })
  await Bun.write(join(bundle, 'a.cedar'), `forbid (principal,\n  action, resource) // ${WICKED}\n;`)
  await mkdir(join(home, 'audit', `x${WICKED}`))
  const shown = [
    await run(explain, [exchangeId(1)], home),
    await run(audit, ['show'], home),
    await run(audit, ['verify', '--all'], home),
    await run(audit, ['verify', WICKED], home),
  ]
  for (const { out, err } of shown) {
    expect([...out, ...err].length).toBeGreaterThan(0)
    for (const line of [...out, ...err]) expect(line).not.toMatch(STEERS)
  }
  expect(shown[0]?.out.join('\n')).toContain('forbid p\u{FFFD}]0;PWNED')
  expect(shown[0]?.out).toContain(
    '             action, resource) // \u{FFFD}]0;PWNED\u{FFFD}\u{FFFD}[2J\u{FFFD}\u{FFFD}2J',
  )
  expect(shown[2]?.out.join('\n')).toContain('x\u{FFFD}]0;PWNED')
})

test('--json escapes what steers, and loses nothing', async () => {
  const home = await worldOf('wicked', WICKED_ENTRIES)
  const entries = await run(audit, ['show', '--json', '--kind', 'decision'], home)
  const explained = await run(explain, [exchangeId(1), '--json'], home)
  for (const line of [...entries.out, ...explained.out]) expect(line.replaceAll('\n', '')).not.toMatch(STEERS)
  expect(JSON.parse(entries.out[0] ?? '')).toMatchObject({ action: `infer${WICKED}` })
  expect(JSON.parse(explained.out[0] ?? '')).toMatchObject({ decision: { grounds: { tell: `T${WICKED}` } } })
})

test('a pipe in the place of a policy is not waited for', async () => {
  const home = await worldOf('pipe', WICKED_ENTRIES)
  const bundle = join(home, 'bundles', '0f'.repeat(32), 'policies')
  await mkdir(bundle, { recursive: true })
  await rm(join(bundle, 'a.cedar'), { force: true })
  expect(Bun.spawnSync(['mkfifo', join(bundle, 'a.cedar')]).exitCode).toBe(0)
  expect((await run(explain, [exchangeId(1)], home)).code).toBe(0)
})

test('a reader that has enough ends nothing: the exit code is that of what was found', async () => {
  const home = await worldOf('ours')
  const main = join(import.meta.dir, '../main.ts')
  const child = Bun.spawn(
    ['sh', '-c', '{ "$0" "$1" audit verify --all; echo "exit $?" >&2; } | true', process.execPath, main],
    {
      env: { PATH: process.env['PATH'], SALLYPORT_HOME: home },
      stderr: 'pipe',
    },
  )
  expect(await new Response(child.stderr).text()).toBe('exit 0\n')
})
