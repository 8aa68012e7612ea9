// Several workers share one port; each has a log of its own, and all of them are proven by the same command.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ask, type Demo, readDemo } from './clinic.ts'
import { isFree, type Program, type Sandbox, sandbox, until } from './sandbox.ts'

let place: Sandbox
let program: Program
let demo: Demo

beforeAll(async () => {
  place = await sandbox()
  program = place.start(['demo'], { SALLYPORT_WORKERS: '2' })
  await program.says(/^Sallyport is ready/m)
  demo = await readDemo(place.home)
}, 30_000)
afterAll(() => place.remove())

const decisionsIn = async (log: string): Promise<number> =>
  (await place.run(['audit', 'show', log, '--kind', 'decision'])).out.split('\n').filter(Boolean).length

test('both workers serve on one port, and each writes a log of its own', async () => {
  let sent = 0
  await until('both have decided something', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(demo, 'alice', 'clinic-large')))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    sent += answers.length
    return (await decisionsIn('gateway-0')) > 0 && (await decisionsIn('gateway-1')) > 0
  })
  expect((await decisionsIn('gateway-0')) + (await decisionsIn('gateway-1'))).toBe(sent)
}, 30_000)

test('whichever worker decided, `explain` finds it, and so does its caller through any worker', async () => {
  for (let turn = 0; turn < 4; turn++) {
    const { exchange } = await ask(demo, 'bob', 'clinic-large')
    expect((await place.run(['explain', exchange])).out).toMatch(/^DENIED/)
    const answer = await fetch(`${demo.gateway}/v1/exchanges/${exchange}`, {
      keepalive: false,
      headers: { authorization: `Bearer ${demo.people.bob.token}`, connection: 'close' },
    })
    expect(answer.status).toBe(200)
  }
}, 20_000)

test('a reload reaches every worker', async () => {
  process.kill(program.pid, 'SIGHUP')
  await program.says(/is in force\n[^]*is in force\n/)
}, 20_000)

test('both logs verify while they are written and after a stop, which ends every process', async () => {
  for (const running of [true, false]) {
    if (!running) {
      program.signalGroup('SIGINT')
      expect(await program.ended).toBe(0)
      expect([...(await program.members()).values()]).toEqual([])
      expect(await isFree(place.port)).toBe(true)
    }
    const { code, out } = await place.run(['audit', 'verify', '--all'])
    expect(code).toBe(0)
    for (const log of ['control', 'gateway-0', 'gateway-1']) expect(out).toMatch(new RegExp(`^${log} .*ok`, 'm'))
  }
}, 20_000)
