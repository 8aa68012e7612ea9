// Threat: a process that dies, or fails in a way that nobody foresaw, prints what it was working on; and what is running is
// looked at from outside: its title, its arguments, its environment. None of it holds what was in flight, or any credential.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openLog } from '#audit/open-log.ts'
import { gateOf, random } from '#commands/gate-of.ts'
import { stateDirectory } from '#commands/state-directory.ts'
import { systemClock } from '#lib/clock.ts'
import { type Demo, readDemo } from '../processes/clinic.ts'
import { type Program, type Sandbox, sandbox, until } from '../processes/sandbox.ts'
import { CLINIC } from '../rig.ts'
import { type Canary, canary, found, LINES } from './canary-marks.ts'
import { filesBelow } from './canary-sinks.ts'

let place: Sandbox
let program: Program
let demo: Demo
let credential: Canary

beforeAll(async () => {
  place = await sandbox()
  program = place.start(['demo'])
  await program.says(/^Sallyport is ready/m)
  demo = await readDemo(place.home)
  const text = (await readFile(join(place.home, 'demo', 'provider-key'), 'utf8')).trim()
  credential = { place: "the provider's credential", kind: 'gate', text, core: text.slice(-32) }
}, 30_000)
afterAll(() => place.remove())

const PEOPLE = ['alice', 'bob', 'carol', 'erin'] as const
const tokens = (): readonly Canary[] =>
  PEOPLE.map((name) => {
    const { token } = demo.people[name]
    return { place: `the token of ${name}`, kind: 'jwt', text: token, core: token.split('.')[2] ?? '' }
  })

/** Sends what the provider never answers, or stops answering in the middle; it ends with the gateway. */
function hang(mark: Canary, stream: boolean): void {
  void fetch(`${demo.gateway}/v1/chat/completions`, {
    method: 'POST',
    keepalive: false,
    headers: {
      authorization: `Bearer ${demo.people.alice.token}`,
      'content-type': 'application/json',
      'x-purpose': mark.text,
    },
    body: JSON.stringify({
      model: 'clinic-small',
      stream,
      messages: [
        { role: 'system', content: `Keep ${mark.text}` },
        { role: 'user', content: `[[delay:600000]]hanging ${mark.text} ${mark.text}` },
      ],
    }),
  })
    .then((response) => response.text())
    .catch(() => undefined)
}

test('the credential of a provider and what is in flight stand in no title, argument or environment', async () => {
  const flying = [...LINES, 'unknown' as const].flatMap((kind) =>
    [true, false].map((stream) => [canary(`in flight, ${stream}`, kind), stream] as const),
  )
  for (const [mark, stream] of flying) hang(mark, stream)
  await until('the provider has them all', async () => {
    const seen = (await (await fetch(`${demo.provider}/seen`)).json()) as readonly { readonly body: string }[]
    return seen.filter(({ body }) => body.includes('hanging')).length === flying.length
  })
  const outside = new Map<string, string>()
  for (const pid of (await program.members()).keys()) {
    for (const file of ['cmdline', 'environ', 'comm', 'status']) {
      outside.set(`/proc/${pid}/${file}`, await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''))
    }
  }
  const marks = [credential, ...tokens(), ...flying.map(([mark]) => mark)]
  expect([...outside.values()].filter((text) => text.includes('main.ts')).length).toBeGreaterThanOrEqual(2)
  expect(found(marks, outside)).toEqual([])

  const gateway = [...(await program.members())].find(([, command]) => command.includes('main.ts gateway'))?.[0] ?? 0
  process.kill(gateway, 'SIGKILL')
  await program.says(/^sallyport: gateway ended \(SIGKILL\); starting it again$/m)
  await until('it serves again', () =>
    fetch(`${demo.gateway}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  const { out } = await place.run(['audit', 'show', 'gateway-0', '--json'])
  expect(out).toContain('"ended":"unknown"')
  const left = new Map([...(await filesBelow(place.home))].filter(([name]) => !name.startsWith('demo')))
  left.set('what it printed', program.output())
  left.set('audit show', out)
  expect(left.size).toBeGreaterThan(5)
  expect(found(marks, left)).toEqual([])
}, 60_000)

test('an error that nobody foresaw is logged with its trace, and without a credential that it quotes', async () => {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-log-'))
  for (const [path, text] of Object.entries(CLINIC)) {
    await mkdir(dirname(join(home, 'bundle', path)), { recursive: true })
    const filled = text.replaceAll('${provider}', 'http://127.0.0.1:9').replaceAll('${issuer}', 'http://127.0.0.1:9')
    await writeFile(join(home, 'bundle', path), filled, { mode: 0o600 })
  }
  const lines: string[] = []
  const state = await stateDirectory(home)
  const trail = await openLog({ directory: state.audit, keys: state.keys, log: 'x', clock: systemClock, random })
  const io = { err: (line: string) => void lines.push(line), color: false, environment: {} }
  const wired = await gateOf({ directory: join(home, 'bundle'), state, trail, io })
  const marks = LINES.map((kind) => canary('an error', kind))
  for (const mark of marks) wired?.gate.log('it failed', new Error(`cannot read {"a": "${mark.text}"}`))
  const log = new Map([['the log', lines.join('\n')]])
  expect(log.get('the log')).toContain('sallyport: it failed: Error: cannot read')
  expect(log.get('the log')).toContain('canaries-in-crashes.test.ts')
  expect(found(marks, log)).toEqual([])
  wired?.close()
  await trail.close()
  await rm(home, { recursive: true })
})
