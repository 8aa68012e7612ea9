import { afterAll, expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readEntries } from '#audit/read.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { auditExport } from './audit-export.ts'
import type { Io } from './io.ts'
import { readsLog } from './reader-log.ts'
import type { LineWriter } from './stream-lines.ts'
import { systemUser } from './system-user.ts'

afterAll(removeHomes)

const ROOT = join(import.meta.dir, '..', '..')

/** A control log and a gateway's, with so many exchanges. */
async function aHome(exchanges = 2): Promise<string> {
  const place = await makeHome()
  const control = await openTestLog(place, { log: 'control', seed: 'control' })
  await control.append({ kind: 'change', what: 'bundle', subject: 'bundle', by: '=cmd()', why: 'x' }, 'process')
  await control.close()
  const log = await openTestLog(place)
  for (let number = 0; number < exchanges; number++) {
    await log.append(decisionOf(exchangeId(number), number % 2 === 0 ? 'allow' : 'deny'), 'process')
    await log.append(outcomeOf(exchangeId(number)), 'process')
  }
  await log.close()
  return dirname(place.audit)
}

interface Ran {
  readonly code: number
  readonly text: string
  readonly err: readonly string[]
}

async function run(home: string, args: readonly string[], more: Partial<Io> = {}): Promise<Ran> {
  const err: string[] = []
  let text = ''
  const io: Io = {
    out: () => undefined,
    err: (line) => void err.push(line),
    terminal: false,
    color: false,
    cwd: home,
    settings: { home, host: '127.0.0.1', port: 8400, workers: 1, root: ROOT },
    environment: {},
    ...more,
  }
  const stdout: LineWriter = {
    write(bytes) {
      text += bytes.toString()
      return true
    },
    on: () => undefined,
    off: () => undefined,
  }
  const code = await auditExport(args, io, stdout)
  return { code, text, err }
}

const linesOf = (text: string): readonly Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

async function readsOf(home: string) {
  const reads = []
  for await (const entry of readEntries(join(home, 'audit', readsLog(await systemUser())), { kind: 'read' }))
    reads.push(entry)
  return reads
}

test('JSON lines are the bytes that stand in the log, log after log', async () => {
  const home = await aHome()
  const { code, text } = await run(home, ['gateway-0'])
  expect(code).toBe(0)
  const bundle = await readFile(join(home, 'audit', 'gateway-0', 'tile', 'entries', '000.p', '5'))
  const lines = text.trimEnd().split('\n')
  expect(lines).toHaveLength(5)
  for (const line of lines) expect(bundle.includes(line)).toBe(true)
  const rows = (await run(home, ['--format', 'csv'])).text.trimEnd().split('\r\n').slice(1)
  const logs = rows.map((row) => row.slice(0, row.indexOf(',')))
  expect(logs).toEqual(expect.arrayContaining(['control', 'gateway-0', readsLog(await systemUser())]))
  expect(logs).toEqual([...logs].sort())
})

test('an export is recorded, with what was asked for, before anything is shown', async () => {
  const home = await aHome()
  await run(home, ['gateway-0', '--format', 'csv', '--kind', 'decision', '--principal', 'alice'])
  expect(await readsOf(home)).toMatchObject([
    {
      what: 'export',
      subject: 'gateway-0',
      selection: { format: 'csv', kind: 'decision', principal: 'alice' },
    },
  ])
})

test('where it cannot be recorded, nothing is shown and no file is made', async () => {
  const home = await aHome()
  await writeFile(join(home, 'audit', readsLog(await systemUser())), 'in the way')
  expect(run(home, [])).rejects.toThrow('nothing is shown, because this reading cannot be recorded')
  expect(run(home, ['--out', 'all.jsonl'])).rejects.toThrow('nothing is shown')
  expect(await readdir(home)).not.toContain('all.jsonl')
})

test('CSV has its header once, and formulas are made harmless', async () => {
  const home = await aHome(1)
  const rows = (await run(home, ['--format', 'csv', '--kind', 'change', '--kind', 'outcome'])).text.split('\r\n')
  expect(rows[0]).toStartWith('log,index,id,time,kind,exchange,')
  expect(rows.filter((row) => row.startsWith('log,index'))).toHaveLength(1)
  expect(rows.find((row) => row.includes('cmd()'))).toContain(",bundle,bundle,'=cmd(),x,")
})

test('OCSF events name the caller of an outcome, though its decision was not chosen', async () => {
  const home = await aHome(1)
  const [event] = linesOf((await run(home, ['gateway-0', '--format', 'ocsf', '--kind', 'outcome'])).text)
  expect(event).toMatchObject({
    class_uid: 6003,
    actor: { user: { uid: 'alice' } },
    metadata: { log_name: 'gateway-0' },
  })
})

test('selections: time, kind, exchange, decision', async () => {
  const home = await aHome(3)
  const count = async (...args: readonly string[]): Promise<number> =>
    (await run(home, ['gateway-0', ...args])).text.split('\n').length - 1
  expect(await count('--decision', 'deny')).toBe(1)
  expect(await count('--exchange', exchangeId(1))).toBe(2)
  expect(await count('--kind', 'decision', '--kind', 'outcome')).toBe(6)
  expect(await count('--resource', 'clinic-small', '--decision', 'allow')).toBe(2)
  expect(await count('--principal', 'mallory')).toBe(0)
  // The clock of the log begins at 03:04:05.678 and goes on by 7 ms an entry; its birth is the first.
  const times = linesOf((await run(home, ['gateway-0'])).text).map(({ time }) => String(time))
  expect(await count('--since', times[2] ?? '')).toBe(times.length - 2)
  expect(await count('--until', times[2] ?? '')).toBe(2)
  expect(await count('--since', '1h')).toBe(0)
})

test('wrong use is said: format, time, two logs, a log that is not there', async () => {
  const home = await aHome(1)
  expect(run(home, ['--format', 'xml'])).rejects.toThrow('--format takes jsonl, ocsf or csv')
  expect(run(home, ['--since', 'yesterday'])).rejects.toThrow('--since takes a time')
  expect(run(home, ['a', 'b'])).rejects.toThrow('audit export takes the name of one log')
  const { code, err } = await run(home, ['gateway-7'])
  expect(code).toBe(1)
  expect(err[0]).toContain('there is no log gateway-7')
})

test('a file is its owner’s alone, and never written over', async () => {
  const home = await aHome(1)
  expect((await run(home, ['--out', 'all.jsonl'])).code).toBe(0)
  const path = join(home, 'all.jsonl')
  const { mode } = await stat(path)
  expect(mode & 0o777).toBe(0o600)
  const before = await readFile(path, 'utf8')
  expect(before.split('\n').length).toBeGreaterThan(4)
  expect(run(home, ['--out', 'all.jsonl'])).rejects.toThrow('is there already, and is not written over')
  expect(await readFile(path, 'utf8')).toBe(before)
})

test('a log that cannot be read whole is said, and the others are exported', async () => {
  const home = await aHome(200)
  await rm(join(home, 'audit', 'gateway-0', 'tile', 'entries', '000'))
  const { code, err, text } = await run(home, [])
  expect(code).toBe(1)
  expect(err).toEqual([
    'sallyport: gateway-0: entry 0 is covered by the checkpoint and cannot be read; what stands before it is exported',
  ])
  const kinds = linesOf(text).map(({ kind }) => kind)
  expect(kinds).not.toContain('decision')
  expect(kinds.at(-1)).toBe('read')
})

test('before a terminal, what steers one is escaped, and says the same', async () => {
  const place = await makeHome()
  const log = await openTestLog(place)
  await log.append({ kind: 'change', what: 'key', subject: 'a\u009b2Jb\u202e', by: 'x', why: 'y' }, 'process')
  await log.close()
  const home = dirname(place.audit)
  const plain = await run(home, ['gateway-0', '--kind', 'change'])
  const shown = await run(home, ['gateway-0', '--kind', 'change'], { terminal: true })
  expect(plain.text).toContain('a\u009b2Jb\u202e')
  expect(shown.text).toContain(String.raw`a\u009b2Jb\u202e`)
  expect(linesOf(shown.text)).toEqual([...linesOf(plain.text)])
})

test('before a terminal, no cell steers it either', async () => {
  const place = await makeHome()
  const log = await openTestLog(place)
  await log.append({ kind: 'change', what: 'key', subject: 'a\u001b[2Jb\rc', by: 'x', why: 'y' }, 'process')
  await log.close()
  const home = dirname(place.audit)
  const asked = ['gateway-0', '--kind', 'change', '--format', 'csv']
  expect((await run(home, asked)).text).toContain('"a\u001b[2Jb\rc"')
  const { text } = await run(home, asked, { terminal: true })
  expect(text).toContain(String.raw`"a\u001b[2Jb\u000dc"`)
  expect(text).not.toContain('\u001b')
  expect(text.replaceAll('\r\n', '')).not.toContain('\r')
})

const command = (home: string, args: readonly string[]) =>
  spawn(process.execPath, [join(ROOT, 'src', 'main.ts'), 'audit', 'export', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, SALLYPORT_HOME: home },
  })

test('a reader that is slow gets all of it, and one that leaves ends it without a complaint', async () => {
  const home = await aHome(600)
  const whole = command(home, ['gateway-0'])
  let text = ''
  for await (const piece of whole.stdout) text += String(piece)
  if (whole.exitCode === null) await once(whole, 'exit')
  expect(whole.exitCode).toBe(0)
  expect(text.split('\n')).toHaveLength(1_202)
  const left = command(home, ['gateway-0'])
  let complaint = ''
  left.stderr.on('data', (piece) => (complaint += String(piece)))
  left.stdout.once('data', () => left.stdout.destroy())
  await once(left, 'close')
  expect(left.exitCode).toBe(0)
  expect(complaint).toBe('')
})
