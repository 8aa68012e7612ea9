import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Io } from './io.ts'
import { ChildFailed, supervise } from './supervise.ts'

let root: string
let errors: string[]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'supervise-'))
  await mkdir(join(root, 'src'))
  // Leaves a mark, says that it is ready, then does what it was told.
  await writeFile(
    join(root, 'src/main.ts'),
    `const [what, mark] = process.argv.slice(2)
     await Bun.write(mark, String(process.pid))
     if (what === 'refuse') process.exit(3)
     if (what === 'full') {
       const { appendFileSync, readFileSync } = require('node:fs')
       appendFileSync(mark + '.runs', 'x')
       const runs = readFileSync(mark + '.runs', 'utf8').length
       if (runs > 1 && runs < 8) process.exit(75)
       process.send('ready', () => { if (runs === 1) process.exit(7) })
     } else
     process.on('SIGHUP', () => require('node:fs').appendFileSync(mark + '.told', 'SIGHUP '))
     if (what === 'slow') await Bun.sleep(400)
     process.send('ready', () => { if (what === 'die') process.exit(7) })
     process.on('disconnect', () => process.exit(0))
     setInterval(() => {}, 1000)`,
  )
})
afterAll(() => rm(root, { recursive: true, force: true }))

function ioOf(): Io {
  errors = []
  return {
    out: () => undefined,
    err: (line) => errors.push(line),
    terminal: false,
    color: false,
    cwd: root,
    settings: { home: join(root, 'home'), host: '127.0.0.1', port: 8400, workers: 1, root },
    environment: {},
  }
}

test('a child that is asked for after the stop is never started', async () => {
  const supervisor = supervise(ioOf())
  await supervisor.stop(1_000)
  const mark = join(root, 'late')
  expect(await supervisor.start('late', ['serve', mark]).catch((error: unknown) => error)).toBeInstanceOf(ChildFailed)
  expect(existsSync(mark)).toBe(false)
})

test('a child that ends before it is ready fails with its own exit code, and is not started again', async () => {
  const supervisor = supervise(ioOf())
  const error = await supervisor.start('refuser', ['refuse', join(root, 'refuser')]).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ name: 'ChildFailed', code: 3 })
  await supervisor.stop(1_000)
  expect(errors).toEqual([])
})

test('a child that keeps dying is started again five times, and then it is a failure', async () => {
  const supervisor = supervise(ioOf())
  await supervisor.start('mayfly', ['die', join(root, 'mayfly')])
  const failure = await supervisor.failed.catch((error: unknown) => error)
  expect(failure).toMatchObject({ message: 'mayfly ended again after 5 restarts (exit 7)' })
  expect(errors).toEqual(Array.from({ length: 5 }, () => 'sallyport: mayfly ended (exit 7); starting it again'))
  await supervisor.stop(1_000)
}, 20_000)

test('a stop ends every child, and resolves when they are gone', async () => {
  const supervisor = supervise(ioOf())
  await supervisor.start('one', ['serve', join(root, 'one')])
  await supervisor.start('two', ['serve', join(root, 'two')])
  const pids = await Promise.all(['one', 'two'].map(async (mark) => Number(await readFile(join(root, mark), 'utf8'))))
  for (const pid of pids) expect(process.kill(pid, 0)).toBe(true)
  await supervisor.stop(5_000)
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(errors).toEqual([])
})

test('what a child is told before it can hear, it is told when it can', async () => {
  const supervisor = supervise(ioOf())
  const mark = join(root, 'slow')
  const starting = supervisor.start('slow', ['slow', mark])
  supervisor.signal('SIGHUP')
  await starting
  const told = (): Promise<string> => readFile(`${mark}.told`, 'utf8').catch(() => '')
  const deadline = Date.now() + 5_000
  while ((await told()) === '' && Date.now() < deadline) await Bun.sleep(10)
  expect(await told()).toBe('SIGHUP ')
  await supervisor.stop(5_000)
})

test('of several that serve together, one that keeps dying does not end the others', async () => {
  const supervisor = supervise(ioOf(), { together: true })
  let failed = false
  supervisor.failed.catch(() => {
    failed = true
  })
  await supervisor.start('steady', ['serve', join(root, 'steady')])
  await supervisor.start('mayfly', ['die', join(root, 'mayfly')])
  const deadline = Date.now() + 15_000
  while (errors.length < 6 && Date.now() < deadline) await Bun.sleep(20)
  expect(errors).toEqual(Array.from({ length: 6 }, () => 'sallyport: mayfly ended (exit 7); starting it again'))
  expect(failed).toBe(false)
  await supervisor.stop(5_000)
}, 20_000)

test('one whose log cannot be opened is started again until it can, however often, and that is said once', async () => {
  const supervisor = supervise(ioOf())
  let failed = false
  supervisor.failed.catch(() => {
    failed = true
  })
  const mark = join(root, 'full')
  await supervisor.start('full', ['full', mark])
  const runs = (): Promise<string> => readFile(`${mark}.runs`, 'utf8')
  const deadline = Date.now() + 20_000
  while ((await runs()).length < 8 && Date.now() < deadline) await Bun.sleep(20)
  expect((await runs()).length).toBe(8)
  expect(failed).toBe(false)
  expect(errors).toEqual([
    'sallyport: full ended (exit 7); starting it again',
    'sallyport: full cannot write its log; it is started again until it can',
  ])
  await supervisor.stop(5_000)
}, 30_000)
