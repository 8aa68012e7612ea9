// Wrong use is exit 2 and one line that names what is wrong; help is exit 0. Nothing is started for either.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Sandbox, sandbox } from './sandbox.ts'

let place: Sandbox
beforeAll(async () => {
  place = await sandbox()
})
afterAll(async () => {
  // Not even the state directory was made.
  expect(existsSync(join(place.cwd, 'state'))).toBe(false)
  await place.remove()
})

const COMMANDS = [
  'demo',
  'start',
  'gateway',
  'control',
  'archive',
  'init',
  'check',
  'doctor',
  'key',
  'scan',
  'audit',
  'witness',
  'explain',
]

test('help of every command is exit 0, on standard output', async () => {
  const overview = await place.run(['--help'])
  expect({ code: overview.code, err: overview.err }).toEqual({ code: 0, err: '' })
  for (const command of COMMANDS) {
    expect(overview.out).toMatch(new RegExp(`^  sallyport ${command}\\b`, 'm'))
    const { code, out, err } = await place.run([command, '--help'])
    expect({ command, code, err }).toEqual({ command, code: 0, err: '' })
    expect(out).toStartWith(`usage: sallyport ${command}`)
  }
  for (const line of overview.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
}, 20_000)

test('no command at all is wrong use, and shows what there is', async () => {
  const { code, out, err } = await place.run([])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain('sallyport demo')
})

const WRONG: readonly (readonly [
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  says: RegExp,
])[] = [
  [
    ['demo'],
    { SALLYPORT_PROT: '8400' },
    /SALLYPORT_PROT is not known; known are SALLYPORT_HOME, SALLYPORT_HOST, SALLYPORT_PORT, SALLYPORT_WORKERS/,
  ],
  [['demo'], { SALLYPORT_PORT: '0' }, /SALLYPORT_PORT must be a whole number from 1 to 65500/],
  [['demo'], { SALLYPORT_PORT: '70000' }, /SALLYPORT_PORT must be/],
  [['start'], { SALLYPORT_PORT: '84OO' }, /SALLYPORT_PORT must be/],
  [['start'], { SALLYPORT_WORKERS: '-1' }, /SALLYPORT_WORKERS must be/],
  [['strat'], {}, /there is no command "strat"/],
  [['demo', 'tokn'], {}, /demo has no "tokn"/],
  [['demo', 'token'], {}, /one name/],
  [['start', '--bundel', 'x'], {}, /--bundel/],
  [['gateway', '--worker', 'one'], {}, /--worker takes a number/],
  [['control', 'now'], {}, /control takes no arguments/],
  [['demo', 'tamper', 'now'], {}, /demo tamper takes no arguments/],
  [['key'], {}, /key takes create/],
  [['audit'], {}, /audit takes verify, show, /],
  [['audit', 'verify'], {}, /--all/],
  [['audit', 'show', '../control'], {}, /name of one log/],
  [['explain'], {}, /one exchange id/],
]

for (const [args, environment, says] of WRONG) {
  const shown = [...Object.entries(environment).map(([name, value]) => `${name}=${value}`), 'sallyport', ...args].join(
    ' ',
  )
  test(`${shown}: exit 2, and one line that names what is wrong`, async () => {
    const { code, out, err } = await place.run(args, environment)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(says)
    expect(err).toMatch(/^sallyport: .*\. See sallyport( [a-z]+)? --help\n$/)
  })
}
