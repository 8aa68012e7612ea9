// A bundle with a fault is not taken, not even in part: `sallyport check` says what is wrong, and a reload keeps the old one.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { check } from '#commands/check.ts'
import { CLINIC, CLINIC_CEDAR, CLINIC_YAML, exchangeOf, PROVIDER_SECRET, type Rig, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

// Opens clinic-large to billing, were it taken.
const OPEN = CLINIC_CEDAR.replace('resource == Model::"clinic-small"', 'resource')

const withYaml = (from: string, to: string) => ({
  ...CLINIC,
  'policies/clinic.cedar': OPEN,
  'sallyport.yaml': CLINIC_YAML.replace(from, to),
})

const { 'provider-key': _key, ...withoutKey } = CLINIC

const faulty: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['a key with a typo', withYaml('systems:', 'sytems:'), /sytems.*not.*known/s],
  ['a value with a typo', withYaml('tier: 1', 'tier: one'), /tier/],
  ['YAML that does not parse', withYaml('models:', 'models: ['), /sallyport\.yaml/],
  ['a missing secret', { ...withoutKey, 'policies/clinic.cedar': OPEN }, /credential.*provider-key/s],
  ['a model of an unknown provider', withYaml('harbor/harbor-small', 'harbour/harbor-small'), /harbour/],
  ['a model of an unknown system', withYaml('system: records', 'system: recods'), /recods/],
  [
    'a policy about an unknown model',
    { ...CLINIC, 'policies/clinic.cedar': OPEN.replace('resource);', 'resource == Model::"clinic-lrge");') },
    /clinic-lrge/,
  ],
  ['a policy that does not parse', { ...CLINIC, 'policies/clinic.cedar': `${OPEN}permit (principal` }, /clinic\.cedar/],
  [
    'a policy that errs by type',
    {
      ...CLINIC,
      'policies/clinic.cedar': `${OPEN}@id("x") permit (principal, action, resource) when { context.nonsense };`,
    },
    /nonsense/,
  ],
  // The secret stays: one that is gone is not used from memory, whichever bundle is in force.
  ['no settings at all', { 'policies/clinic.cedar': OPEN, 'provider-key': `${PROVIDER_SECRET}\n` }, /sallyport\.yaml/],
]

test.each(faulty)(
  'a bundle that has %s is refused whole, and the old one stays in force',
  async (_name, files, words) => {
    const before = rig.inForce.active().bundle.hash
    const changes = (await rig.entries()).filter(({ kind }) => kind === 'change').length
    await rig.writeBundle(files)

    const said: string[] = []
    const io = {
      out: (line: string) => said.push(line),
      err: (line: string) => said.push(line),
      color: false,
      cwd: rig.home,
    }
    expect(await check([join(rig.home, 'bundle')], io)).toBe(1)
    expect(said.join('\n')).toMatch(words)

    await rig.inForce.reload()
    expect(rig.inForce.active().bundle.hash).toBe(before)
    expect(rig.log.at(-1)).toContain('stays in force')
    expect((await rig.entries()).filter(({ kind }) => kind === 'change').length).toBe(changes)

    // What the old one says still holds: alice may, bob may not.
    const allowed = await rig.ask('alice', { ...HELLO, model: 'clinic-large' })
    expect(allowed.status).toBe(200)
    expect((await rig.settled(exchangeOf(allowed))).decision).toMatchObject({ bundle: before })
    expect((await rig.ask('bob', { ...HELLO, model: 'clinic-large' })).status).toBe(403)
  },
)

test('the same bundle without its fault is taken', async () => {
  const before = rig.inForce.active().bundle.hash
  await rig.writeBundle({ ...CLINIC, 'policies/clinic.cedar': OPEN })
  await rig.inForce.reload()
  expect(rig.inForce.active().bundle.hash).not.toBe(before)
  expect((await rig.ask('bob', { ...HELLO, model: 'clinic-large' })).status).toBe(200)
})
