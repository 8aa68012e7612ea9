// `sallyport demo` as somebody meets it who has just cloned this: from whatever folder, with whatever environment.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask, type Demo, readDemo } from './clinic.ts'
import { isFree, type Program, type Sandbox, sandbox, until } from './sandbox.ts'

let place: Sandbox
let program: Program
let demo: Demo
let atReady: { readonly demoMode: number; readonly homeMode: number }

const HOSTILE = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  http_proxy: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  ALL_PROXY: 'http://127.0.0.1:9',
  BUN_OPTIONS: '--preload ./evil.ts',
  NODE_OPTIONS: '--require ./evil.cjs',
}

beforeAll(async () => {
  place = await sandbox()
  await writeFile(join(place.cwd, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
  await writeFile(join(place.cwd, 'evil.ts'), "await Bun.write(`${import.meta.dir}/evil-was-here`, 'x')\n")
  await writeFile(join(place.cwd, 'evil.cjs'), "require('fs').writeFileSync(`${__dirname}/evil-was-here`, 'x')\n")
  await writeFile(join(place.cwd, '.env'), 'SALLYPORT_EVIL=1\nSALLYPORT_HOST=203.0.113.1\n')
  program = place.start(['demo'], HOSTILE)
  await program.says(/^Sallyport is ready/m)
  // Looked at now, not later: it has to be there before that line is.
  const [demoMode, homeMode] = await Promise.all([modeOf(join(place.home, 'demo.json')), modeOf(place.home)])
  atReady = { demoMode, homeMode }
  demo = await readDemo(place.home)
}, 30_000)
afterAll(() => place.remove())

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

test('demo.json is there before the demo says that it is ready, and both are for their owner alone', () => {
  expect(atReady).toEqual({ demoMode: 0o600, homeMode: 0o700 })
})

test('demo.json says where everything is and who its people are', () => {
  const at = (offset: number): string => `http://127.0.0.1:${place.port + offset}`
  const { gateway, control, provider, issuer, people } = demo
  expect({ gateway, control, provider, issuer }).toEqual({
    gateway: at(0),
    control: at(1),
    provider: at(10),
    issuer: at(12),
  })
  expect(Object.entries(people).map(([name, { groups }]) => [name, groups])).toEqual([
    ['alice', ['clinicians']],
    ['bob', ['billing']],
    ['carol', ['payments-approvers']],
    ['erin', ['auditors']],
  ])
  const { exp } = JSON.parse(Buffer.from(people.alice.token.split('.')[1] ?? '', 'base64url').toString()) as {
    exp: number
  }
  expect(exp * 1000 - Date.now()).toBeGreaterThanOrEqual(8 * 3_600_000 - 60_000)
})

test('the greeting fits a screen, says what is demo, and what to paste', async () => {
  await program.says(/Ctrl-C/)
  const lines = program.output().trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(24)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  expect(lines[0]).toContain('DEMO')
  for (const part of [demo.gateway, demo.control, 'demo token alice', 'demo token bob', 'Ctrl-C']) {
    expect(program.output()).toContain(part)
  }
  expect(program.output()).not.toContain('\u001b[')
})

test('nothing that lies in the folder or the environment of the caller is run or read', () => {
  expect(existsSync(join(place.cwd, 'evil-was-here'))).toBe(false)
})

test('requests pass, proxies in the environment or not', async () => {
  const allowed = await ask(demo, 'alice', 'clinic-large')
  expect(allowed.status).toBe(200)
  expect(allowed.text).toContain('"content":"Good morning"')
  const denied = await ask(demo, 'bob', 'clinic-large')
  expect(denied.status).toBe(403)
  expect(denied.text).toContain('clinic-large is for clinicians; billing uses clinic-small.')
})

test('of a credential that the model prints, alice gets the kind, and `explain` says what was found and where', async () => {
  const pasted = /"content":"(\[\[say64:[^"]+)"/.exec(program.output())?.[1] ?? ''
  expect(pasted).not.toContain('AKIA')
  const caught = await ask(demo, 'alice', 'clinic-large', pasted)
  expect(caught.status).toBe(200)
  expect(caught.text).toContain('"content":"Your key is [redacted: aws-access-key]"')
  const { out } = await place.run(['explain', caught.exchange])
  expect(out).toMatch(/^ found   aws-access-key   answer \/choices\/0\/message\/content   redacted$/m)
  expect(out + caught.text).not.toContain('AKIA')
})

test('what is denied anyway is not inspected, and `explain` says so', async () => {
  const { exchange } = await ask(demo, 'bob', 'clinic-large', ['AKIA', 'Z7VQ4XK2', 'M5RJT3NW'].join(''))
  const { out } = await place.run(['explain', exchange])
  expect(out).toMatch(/^ checks .*policy ✗ \d+ µs\n +credentials: not run, denied anyway$/m)
})

test('`demo token` prints the token and nothing else', async () => {
  expect(await place.run(['demo', 'token', 'alice'])).toEqual({ code: 0, out: `${demo.people.alice.token}\n`, err: '' })
  const unknown = await place.run(['demo', 'token', 'mallory'])
  expect({ code: unknown.code, out: unknown.out }).toEqual({ code: 2, out: '' })
  expect(unknown.err).toMatch(/^sallyport: .*"mallory".*alice, bob, carol, erin or intake.*\n$/)
})

test('`demo session` prints a token of minutes, which is worth nothing once its session was ended', async () => {
  const { code, out } = await place.run(['demo', 'session', 'alice'])
  expect(code).toBe(0)
  expect(out).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const token = out.trim()
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
  expect(claims).toMatchObject({
    sub: 'User::alice',
    act: { sub: 'App::letters' },
    iss: demo.gateway,
    aud: demo.gateway,
  })
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(900)
  const ask = async (model: string): Promise<number> => {
    const answer = await fetch(`${demo.gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Good morning' }] }),
    })
    await answer.text()
    return answer.status
  }
  // What both alice and the application may, and no more.
  expect([await ask('clinic-small'), await ask('clinic-large')]).toEqual([200, 403])
  const session = String(claims['sid'])
  expect((await place.run(['session', 'end', session, '--why', 'the letter is written'])).code).toBe(0)
  expect(await ask('clinic-small')).toBe(401)
  expect((await place.run(['session', 'show', session])).out).toMatch(/^state +✗ ended/m)
}, 20_000)

test('`explain` tells a denial by its nearest permit and the clause that failed, with file and line', async () => {
  const { exchange } = await ask(demo, 'bob', 'clinic-large')
  const { code, out, err } = await place.run(['explain', exchange])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  for (const part of [
    /^DENIED {2}bob → infer → clinic-large +nothing was sent$/m,
    /^ who +User bob, groups billing/m,
    /Nearest: clinicians-use-every-model {2}policies\/clinic\.cedar:\d+$/m,
    /principal in Team::"clinicians" +✗ bob is in billing {2}policies\/clinic\.cedar:\d+$/m,
    /^ told +clinic-large is for clinicians; billing uses clinic-small\.$/m,
    /^ outcome refused \(not_permitted\) +status 403/m,
    /^ record +gateway-0 entry \d+/m,
  ]) {
    expect(out).toMatch(part)
  }
  expect(out).not.toContain('\u001b[')
  expect(out.split('\n').length).toBeLessThanOrEqual(24)
})

test('`explain` shows an allow with the text of its policy, and every record as JSON', async () => {
  const { exchange } = await ask(demo, 'alice', 'clinic-large')
  const { out } = await place.run(['explain', exchange])
  expect(out).toMatch(/^ALLOWED {2}alice → infer → clinic-large +sent to harbor\/harbor-large$/m)
  expect(out).toContain('principal in Team::"clinicians"')
  const json = await place.run(['explain', exchange, '--json'])
  const recorded = JSON.parse(json.out) as { decision: Record<string, unknown>; outcome: Record<string, unknown> }
  expect(recorded.decision).toMatchObject({ kind: 'decision', exchange, decision: 'allow', action: 'infer' })
  expect(recorded.outcome).toMatchObject({ kind: 'outcome', exchange, status: 200, ended: 'complete' })
})

test('`explain` of what nobody recorded is a no, and of nothing is wrong use', async () => {
  const unknown = await place.run(['explain', '01HZY0000000000000000000AA'])
  expect({ code: unknown.code, out: unknown.out }).toEqual({ code: 1, out: '' })
  expect(unknown.err).toMatch(/^sallyport: .*\n$/)
  expect((await place.run(['explain'])).code).toBe(2)
})

test('`audit show` has a line for each entry, and a JSON record each when asked', async () => {
  const { exchange } = await ask(demo, 'bob', 'clinic-small')
  const text = await place.run(['audit', 'show', 'gateway-0', '--exchange', exchange])
  expect(text.code).toBe(0)
  const [decision, outcome, ...rest] = text.out.trimEnd().split('\n')
  expect(decision).toContain(`decision  ${exchange}  allow bob → infer → clinic-small`)
  expect(outcome).toContain(`outcome   ${exchange}  complete 200`)
  expect(rest).toEqual([])
  const json = await place.run(['audit', 'show', 'gateway-0', '--exchange', exchange, '--json'])
  expect(
    json.out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind),
  ).toEqual(['decision', 'outcome'])
  expect((await place.run(['audit', 'show', 'no-such-log'])).code).toBe(1)
})

test('every log verifies; a copy with one byte changed does not, and the entry is named', async () => {
  const { exchange } = await ask(demo, 'bob', 'clinic-large')
  const { decided } = await decidedAt(exchange)
  await until('the entry stands in the tiles', async () => {
    const { out } = await place.run(['audit', 'verify', '--all', '--json'])
    const { logs } = JSON.parse(out) as { logs: { log: string; entries: number; waiting: number }[] }
    return logs.some(({ log, entries, waiting }) => log === 'gateway-0' && waiting === 0 && entries > decided)
  })
  const sound = await place.run(['audit', 'verify', '--all'])
  expect(sound.code).toBe(0)
  expect(sound.out).toMatch(/^control +\d+ entries {2}root [0-9a-f]{16}… {2}ok$/m)
  expect(sound.out).toMatch(/^gateway-0 +\d+ entries {2}root [0-9a-f]{16}… {2}ok$/m)

  const tampered = await place.run(['demo', 'tamper'])
  expect(tampered.code).toBe(0)
  expect(tampered.out).toContain('.sallyport-tampered')
  const copy = join(place.cwd, 'state', '.sallyport-tampered')
  const found = await place.run(['audit', 'verify', '--all'], { SALLYPORT_HOME: copy })
  expect(found.code).toBe(1)
  expect(found.out).toMatch(/^gateway-0 .*✗ entry \d+ /m)
  expect(found.out).toMatch(/^control +\d+ entries .*ok$/m)
  expect((await place.run(['audit', 'verify', 'gateway-0'])).code).toBe(0)
  // What could sign a forged log is not in the copy.
  expect(existsSync(join(copy, 'keys'))).toBe(false)
}, 20_000)

async function decidedAt(exchange: string): Promise<{ decided: number }> {
  const { out } = await place.run(['audit', 'show', 'gateway-0', '--exchange', exchange, '--json'])
  return { decided: (JSON.parse(out.split('\n')[0] ?? '') as { index: number }).index }
}

test('control answers its health and its figures, and nothing else, whatever credential of the data plane is shown', async () => {
  for (const path of ['/healthz', '/metrics']) expect((await fetch(`${demo.control}${path}`)).status).toBe(200)
  const answers = await Promise.all(
    ['/', '/api/bundle', '/v1/chat/completions', '/v1/models'].flatMap((path) => [
      fetch(`${demo.control}${path}`),
      fetch(`${demo.control}${path}`, { headers: { authorization: `Bearer ${demo.people.alice.token}` } }),
      fetch(`${demo.control}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${demo.people.erin.token}` },
        body: '{}',
      }),
    ]),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
  for (const answer of answers) expect(answer.headers.get('x-sallyport-exchange')).toMatch(/^[0-9A-Z]{26}$/)
  const bodies = await Promise.all(answers.map((answer) => answer.text()))
  expect(bodies.join('')).not.toContain(demo.people.alice.token)
})

test('a second start on the same state directory says so in one line, and harms nothing', async () => {
  const before = await readFile(join(place.home, 'demo.json'), 'utf8')
  for (const command of ['demo', 'start', 'gateway', 'control']) {
    const second = place.start(
      [command, ...(command === 'demo' || command === 'control' ? [] : ['--bundle', bundle()])],
      {
        SALLYPORT_PORT: String(place.port + 100),
      },
    )
    expect(await second.ended).toBe(1)
    expect(second.output()).toBe(`sallyport: another Sallyport uses ${place.home}; stop it, or set SALLYPORT_HOME\n`)
    expect([...(await second.members()).values()]).toEqual([])
  }
  expect(await readFile(join(place.home, 'demo.json'), 'utf8')).toBe(before)
  expect((await ask(demo, 'alice', 'clinic-large')).status).toBe(200)
}, 20_000)

const bundle = (): string => join(place.home, 'demo', 'bundle')

test('a port that a Sallyport holds is one line that names it, and nothing is left running', async () => {
  const home = join(place.cwd, 'elsewhere')
  for (const [shift, taken] of [
    [0, 0],
    [-1, 0],
    [-10, 0],
    [-12, 0],
    [1, 1],
  ] as const) {
    const second = place.start(['demo'], { SALLYPORT_HOME: home, SALLYPORT_PORT: String(place.port + shift) })
    expect(await second.ended).toBe(1)
    expect(second.output()).toBe(
      `sallyport: port ${place.port + taken} on 127.0.0.1 is taken: a Sallyport serves there; stop it, or set SALLYPORT_PORT\n`,
    )
    expect([...(await second.members()).values()]).toEqual([])
  }
}, 20_000)

test('Ctrl-C, which arrives twice, ends everything within five seconds', async () => {
  expect((await program.members()).size).toBeGreaterThanOrEqual(3)
  const began = Date.now()
  program.signalGroup('SIGINT')
  program.signalGroup('SIGINT')
  expect(await program.ended).toBe(0)
  expect(Date.now() - began).toBeLessThan(5_000)
  expect([...(await program.members()).values()]).toEqual([])
  for (const offset of [0, 1, 10, 12]) expect(await isFree(place.port + offset)).toBe(true)
  const { code, out } = await place.run(['audit', 'verify', '--all'])
  expect(code).toBe(0)
  expect(out).not.toContain('waiting')
})

test('told to stop while it is starting, it leaves nothing behind', async () => {
  const early = place.start(['demo'])
  await until('a child runs', async () =>
    [...(await early.members()).values()].some((line) => line.includes('main.ts gateway')),
  )
  early.signalGroup('SIGINT')
  expect(await early.ended).toBe(0)
  expect(early.output()).toBe('')
  expect([...(await early.members()).values()]).toEqual([])
}, 30_000)

test('it works again right after, and SIGTERM to the supervisor alone ends everything, too', async () => {
  const again = place.start(['demo'])
  await again.says(/^Sallyport is ready/m)
  expect((await ask(await readDemo(place.home), 'alice', 'clinic-large')).status).toBe(200)
  const began = Date.now()
  process.kill(again.pid, 'SIGTERM')
  expect(await again.ended).toBe(0)
  expect(Date.now() - began).toBeLessThan(5_000)
  expect([...(await again.members()).values()]).toEqual([])
}, 30_000)
