import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { CLINIC, settingsWith, writeFiles } from '#policy/bundle/clinic-fixture.ts'
import { check } from './check.ts'

interface Ran {
  readonly code: number
  readonly out: readonly string[]
  readonly err: readonly string[]
}

async function run(args: readonly string[], cwd = '/', color = false): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const code = await check(args, { out: (line) => out.push(line), err: (line) => err.push(line), color, cwd })
  return { code, out, err }
}

/** A parent directory with the clinic in `bundle/`. */
const parentOf = (files: Readonly<Record<string, string | undefined>>): Promise<string> =>
  writeFiles(
    Object.fromEntries(Object.entries({ ...CLINIC, ...files }).map(([path, text]) => [`bundle/${path}`, text])),
  )

test('a sound bundle is one line', async () => {
  const cwd = await parentOf({})
  const line = 'bundle/  1 issuer  1 provider  2 models  2 policies  2 cases passed'
  expect(await run([], cwd)).toEqual({ code: 0, out: [line], err: [] })
  expect(await run(['bundle/'], cwd)).toEqual({ code: 0, out: [line], err: [] })
  expect((await run([], join(cwd, 'bundle'))).out).toEqual([line.replace('bundle/', './')])
})

test('applications and limits are counted where there are any', async () => {
  const application = `applications:
  letters: { environment: e, use: u, workload: { issuer: harbor, subject: s }, models: [clinic-small] }
limits:
  - { per: user, requests: 120/minute }
  - { per: user, streams: 20 }
`
  const cwd = await parentOf({ 'sallyport.yaml': `${CLINIC['sallyport.yaml']}${application}` })
  expect((await run([], cwd)).out).toEqual([
    'bundle/  1 issuer  1 provider  2 models  1 application  2 limits  2 policies  2 cases passed',
  ])
  expect(JSON.parse((await run(['--json'], cwd)).out.at(-1) ?? '')).toMatchObject({ applications: 1, limits: 2 })
})

test('problems stand in columns, each with its fix beneath, and the exit is 1', async () => {
  const cwd = await parentOf({
    ...settingsWith(['tier: 1', 'tier: 9'], ['[x-purpose]', '[X]']),
    'cases/models.yaml': undefined,
  })
  expect(await run([], cwd)).toEqual({
    code: 1,
    out: [
      '✗ sallyport.yaml:8:19   systems.clinic.tier  must be a whole number from 1 to 3, but is "9"',
      '                                             Write a whole number from 1 to 3, in plain digits.',
      '✗ sallyport.yaml:15:13  context.headers[0]   is not the name of a header in lower case: "X"',
      '                                             Write it in lower case: x-purpose.',
      'bundle/  2 problems',
    ],
    err: [],
  })
})

test('a directory that is not there is told without a line, and with what makes one', async () => {
  const cwd = await parentOf({})
  expect(await run(['nowhere'], cwd)).toEqual({
    code: 1,
    out: [
      `✗ ${cwd}/nowhere  does not exist`,
      `${' '.repeat(4 + Math.min(44, cwd.length + 8))}Name the directory that holds sallyport.yaml; \`sallyport init\` makes one.`,
      'nowhere/  1 problem',
    ],
    err: [],
  })
  expect((await run(['bundle/sallyport.yaml'], cwd)).out[0]).toBe(`✗ ${cwd}/bundle/sallyport.yaml  is not a directory`)
})

test('a certificate that is not there is no secret to be written', async () => {
  const tls = 'listen: { tls: { certificate: "file:gate.crt", key: "file:gate.key" } }\ncontext:'
  const { out } = await run([], await parentOf(settingsWith(['context:', tls])))
  expect(out.map((line) => line.trim())).toEqual([
    expect.stringContaining('listen.tls.certificate  refers to a file that does not exist: gate.crt'),
    'Put the certificate there, in the text form that is called PEM; relative paths start at the bundle directory.',
    expect.stringContaining('refers to a file that does not exist: gate.key'),
    'Create it with the secret as its only content; relative paths start at the bundle directory.',
    'bundle/  2 problems',
  ])
})

test('warnings are told, and do not fail', async () => {
  const forbid = '\n@id("x") permit (principal == App::"ci", action == Action::"infer", resource);'
  const cwd = await parentOf({ 'policies/models.cedar': `${CLINIC['policies/models.cedar']}${forbid}` })
  const { code, out } = await run([], cwd)
  expect(code).toBe(0)
  expect(out).toEqual([
    '! policies/models.cedar:8:31  x  warning: names App::"ci", whom no issuer could name: it can never match',
    '                                 Principals here are named User::….',
    'bundle/  1 issuer  1 provider  2 models  3 policies  2 cases passed  1 warning',
  ])
})

test('a failing case shows what was asked, wanted and got, and the nearest permit', async () => {
  const cwd = await parentOf({
    'cases/models.yaml':
      '- { name: bob may, who: { user: bob, groups: [billing] }, model: clinic-large, expect: allow }',
  })
  const { code, out } = await run([], cwd)
  expect(code).toBe(1)
  expect(out.slice(0, 5)).toEqual([
    '✗ cases/models.yaml:1  bob may',
    '    asked    User::"bob" → infer → Model::"clinic-large"',
    '    wanted   allow',
    '    got      deny by no policy, telling "clinic-large is for clinicians; billing uses clinic-small."',
    '    nearest  clinicians-use-every-model  policies/models.cedar:1',
  ])
  expect(out[5]).toStartWith('             principal in Team::"clinicians"')
  expect(out[5]).toContain('✗')
  expect(out.at(-1)).toBe('bundle/  1 issuer  1 provider  2 models  2 policies  1 of 1 case failed')
})

test('--json is one record a line', async () => {
  const cwd = await parentOf({})
  const { code, out } = await run(['--json'], cwd)
  expect(code).toBe(0)
  const records = out.map((line) => JSON.parse(line))
  expect(records.map(({ record }) => record)).toEqual(['case', 'case', 'bundle'])
  expect(records[2]).toMatchObject({
    ok: true,
    issuers: 1,
    providers: 1,
    models: 2,
    applications: 0,
    limits: 0,
    policies: 2,
    cases: 2,
    failed: 0,
    warnings: 0,
  })
  expect(records[2].hash).toMatch(/^[0-9a-f]{64}$/)
  const faulty = await run(['--json'], await parentOf(settingsWith(['tier: 1', 'teir: 1'])))
  expect(faulty.code).toBe(1)
  expect(JSON.parse(faulty.out[0] ?? '')).toEqual({
    record: 'problem',
    severity: 'error',
    file: 'sallyport.yaml',
    line: 8,
    column: 13,
    path: 'systems.clinic.teir',
    message: 'is not a known key',
    fix: 'Did you mean tier?',
  })
  expect(JSON.parse(faulty.out.at(-1) ?? '')).toEqual({ record: 'bundle', ok: false, problems: 1 })
})

test('colour only marks what the symbol says already', async () => {
  const cwd = await parentOf(settingsWith(['tier: 1', 'tier: 9']))
  const plain = (await run([], cwd)).out
  const colored = (await run([], cwd, true)).out
  expect(colored).not.toEqual(plain)
  expect(colored.map((line) => line.replaceAll('\u001b[31m', '').replaceAll('\u001b[0m', ''))).toEqual([...plain])
})

test('text of a bundle cannot steer the terminal', async () => {
  const cwd = await parentOf({
    'cases/models.yaml': '- { name: "a\\e[2Jb", who: { user: "\\e[31m" }, model: clinic-large, expect: allow }',
  })
  const { out } = await run([], cwd)
  expect(out.join('\n')).not.toContain('\u001b')
  expect(out[0]).toBe('✗ cases/models.yaml:1  a\u{FFFD}[2Jb')
})

test('wrong use is 2', async () => {
  expect(await run(['--jsn'])).toEqual({
    code: 2,
    out: [],
    err: ['sallyport check: unknown option --jsn', 'usage: sallyport check [DIR] [--json] [--schema]'],
  })
  expect((await run(['a', 'b'])).code).toBe(2)
})

test('--schema prints what policies are checked against', async () => {
  const { code, out } = await run(['--schema'], await parentOf({}))
  expect(code).toBe(0)
  expect(out.join('\n')).toContain('entity Model in [System] { system: System, tier: Long, owner: String };')
  expect(out.join('\n')).toContain('"x-purpose"?: String')
})
