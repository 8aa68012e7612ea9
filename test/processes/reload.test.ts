// SIGHUP takes the whole new bundle, or nothing of it.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask, type Demo, readDemo } from './clinic.ts'
import { type Program, type Sandbox, sandbox } from './sandbox.ts'

let place: Sandbox
let program: Program
let demo: Demo

beforeAll(async () => {
  place = await sandbox()
  program = place.start(['demo'])
  await program.says(/^Sallyport is ready/m)
  demo = await readDemo(place.home)
}, 30_000)
afterAll(() => place.remove())

const policies = (): string => join(place.home, 'demo', 'bundle', 'policies', 'clinic.cedar')

test('a change of policy takes effect at a SIGHUP, and not before', async () => {
  expect((await ask(demo, 'bob', 'clinic-large')).status).toBe(403)
  const added =
    '\n@id("billing-too")\npermit (principal in Team::"billing", action == Action::"infer", resource == Model::"clinic-large");\n'
  await writeFile(policies(), (await readFile(policies(), 'utf8')) + added)
  expect((await ask(demo, 'bob', 'clinic-large')).status).toBe(403)
  process.kill(program.pid, 'SIGHUP')
  await program.says(/^sallyport: bundle [0-9a-f]{12} is in force$/m)
  expect((await ask(demo, 'bob', 'clinic-large')).status).toBe(200)
}, 20_000)

test('a faulty bundle is refused whole, says where it is faulty, and the old one stays in force', async () => {
  const sound = await readFile(policies(), 'utf8')
  // Sound policies before and after the fault would change who may what, if any of them were taken.
  await writeFile(
    policies(),
    '@id("all") permit (principal, action, resource);\n@id("typo") permit (principal in Taem::"billing", action, resource);\n',
  )
  process.kill(program.pid, 'SIGHUP')
  await program.says(/^sallyport: the new bundle is faulty and was not taken; [0-9a-f]{12} stays in force$/m)
  expect(program.output()).toMatch(/^✗ policies\/clinic\.cedar:2:\d+ .*Taem/m)
  expect((await ask(demo, 'bob', 'clinic-large')).status).toBe(200)
  expect((await ask(demo, 'erin', 'clinic-small')).status).toBe(403)

  await writeFile(policies(), sound.replace('@id("billing-too")\npermit', '@id("billing-not")\nforbid'))
  process.kill(program.pid, 'SIGHUP')
  await program.says(/is in force\n[^]*stays in force\n[^]*is in force\n/)
  expect((await ask(demo, 'bob', 'clinic-large')).status).toBe(403)
}, 20_000)

test('eight reloads in a row end no process', async () => {
  const members = [...(await program.members()).keys()]
  const before = program.output().length
  for (let turn = 1; turn <= 8; turn++) {
    process.kill(program.pid, 'SIGHUP')
    await program.says(new RegExp(`(?:is in force\\n[^]*){${2 + turn}}`))
  }
  expect([...(await program.members()).keys()]).toEqual(members)
  expect(program.output().slice(before)).not.toContain('ended')
}, 30_000)

test('every bundle that came into force is in the record, with the one before it', async () => {
  const { out } = await place.run(['audit', 'show', 'gateway-0', '--kind', 'change', '--json'])
  const changes = out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { what: string; why: string; before?: string; after?: string })
    .filter(({ what }) => what === 'bundle')
  expect(changes.map(({ why }) => why)).toEqual(['start', ...Array.from({ length: 10 }, () => 'reload')])
  expect(changes[1]?.before).toBe(changes[0]?.after ?? '')
  expect(changes[2]?.before).toBe(changes[1]?.after ?? '')
  expect(new Set(changes.map(({ after }) => after)).size).toBe(3)
}, 20_000)
