// Threat: a personal key that keeps what its person has lost. It stands for what the newest of their own tokens said, read by
// the bundle in force: no older token, no other bundle, no application and no clock that was wrong keeps anything alive.
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { forge } from '#identity/forge.fixture.ts'
import { openSignIns } from '#store/sign-ins.ts'
import { CLINIC, type Rig, startRig } from '../rig.ts'
import { type ForgedIssuer, startForgedIssuer } from './forged-issuer.ts'
import { HELLO } from './hello.ts'
import { bearer, type Headers, post } from './key-world.ts'

const DAY = 86_400_000
const seconds = Math.floor(Date.now() / 1000)
const CHAT = { path: '/v1/chat/completions', body: HELLO }

let forged: ForgedIssuer
let rig: Rig
let files: Readonly<Record<string, string>>
beforeAll(async () => {
  forged = startForgedIssuer()
  const yaml = (forged.files['sallyport.yaml'] ?? '').replace(
    '"User::forged/{sub}" }',
    '"User::forged/{sub}", attributes: { intern: { claim: intern, type: boolean }, badge: { claim: badge, type: long } } }',
  )
  const cedar = `@id("no-interns")
forbid (principal is User, action, resource) when { principal has intern && principal.intern };
@id("no-borrowed-badges")
forbid (principal is User, action, resource) when { principal has badge && principal.badge > 9007199254740993 };
@id("interns-do-nothing")
forbid (principal in Team::"interns", action, resource);
@id("intake-uses-everything")
permit (principal in Team::"intake", action, resource is Model);
`
  const teams = yaml.replace('teams:\n', 'teams:\n  interns: [harbor:interns]\n')
  files = { ...forged.files, 'sallyport.yaml': teams, 'policies/people.cedar': cedar }
  rig = await startRig({ files })
})
afterAll(async () => {
  await rig.stop()
  await forged.stop()
})
afterEach(() => underBundle(files))

async function underBundle(next: Readonly<Record<string, string>>): Promise<void> {
  await rig.writeBundle(next)
  await rig.inForce.reload()
}
const changed = (from: string, to: string): Readonly<Record<string, string>> => {
  const yaml = files['sallyport.yaml'] ?? ''
  expect(yaml).toContain(from)
  return { ...files, 'sallyport.yaml': yaml.replace(from, to) }
}

const token = (sub: string, claims: object = {}): string => forge(forged.key, { ...forged.claims, sub, ...claims })

async function keyOf(sub: string): Promise<string> {
  const { id, text } = await rig.keys.make({ principal: { type: 'User', id: `forged/${sub}` } })
  await rig.keys.change(id, ({ team: _none, ...rest }) => rest)
  return text
}

const status = async (credential: string, beside: Headers = {}): Promise<number> => {
  const response = await post(rig, CHAT, { ...bearer(credential), ...beside })
  await response.text()
  return response.status
}

test('a rule about an attribute of a person holds for their key', async () => {
  const key = await keyOf('ivy')
  expect([await status(token('ivy', { intern: true })), await status(key)]).toEqual([403, 403])
  expect([await status(token('ivy', { intern: false })), await status(key)]).toEqual([200, 200])
  // Beyond what a double holds: 2^53 + 2.
  const badge = JSON.parse('{"badge":9007199254740994}') as object
  expect([await status(token('ivy', badge)), await status(key)]).toEqual([403, 403])
})

test('an old token gives no team back', async () => {
  const key = await keyOf('dan')
  const old = token('dan', { iat: seconds - 3000 })
  expect([await status(old), await status(key)]).toEqual([200, 200])
  expect([await status(token('dan', { groups: [], iat: seconds - 5 })), await status(key)]).toEqual([403, 403])
  expect([await status(old), await status(key)]).toEqual([200, 403])
})

test('the day counts from when the token was issued, not from when it was shown', async () => {
  const key = await keyOf('eve')
  expect([await status(token('eve', { iat: seconds - 86_401 })), await status(key)]).toEqual([200, 401])
  expect([await status(token('eve', { iat: seconds - 86_000 })), await status(key)]).toEqual([200, 200])
})

test.each([
  ['a group that was taken out of a team', '[harbor:clinicians, forged:clinicians]', '[harbor:clinicians]', 403],
  ['a team that is new', 'interns: [harbor:interns]', 'interns: [harbor:interns, forged:clinicians]', 403],
  ['another way to read the token', 'groups: groups, as: "User::f', 'groups: roles, as: "User::f', 403],
] as const)('%s holds for keys at once, without a new sign-in', async (_what, from, to, then) => {
  const key = await keyOf('joe')
  expect([await status(token('joe')), await status(key)]).toEqual([200, 200])
  await underBundle(changed(from, to))
  expect(await status(key)).toBe(401)
  expect([await status(token('joe')), await status(key)]).toEqual([then, then])
})

test('an issuer that was taken out takes the keys of its people with it, and gives them back when it returns', async () => {
  const key = await keyOf('kim')
  expect([await status(token('kim')), await status(key)]).toEqual([200, 200])
  await underBundle(CLINIC)
  expect([await status(token('kim')), await status(key)]).toEqual([401, 401])
  await underBundle(files)
  expect(await status(key)).toBe(200)
})

test('a person who was seen under another bundle signs in under this one with the same token', async () => {
  const key = await keyOf('lea')
  expect(await status(token('lea'))).toBe(200)
  await underBundle(changed('[harbor:clinicians, forged:clinicians]', '[forged:clinicians, harbor:clinicians]'))
  expect([await status(key), await status(token('lea')), await status(key)]).toEqual([401, 200, 200])
  await underBundle(files)
  expect([await status(key), await status(token('lea')), await status(key)]).toEqual([401, 200, 200])
})

test('an application that shows a user token signs nobody in', async () => {
  const key = await keyOf('mia')
  const app = await rig.keys.make({ users: ['forged'] })
  expect(await status(app.text, { 'x-sallyport-user-token': token('mia') })).toBe(200)
  expect(await status(key)).toBe(401)
  // Beside a person's own token it is refused, and is no sign-in either.
  expect(await status(token('mia'), { 'x-sallyport-user-token': token('mia') })).toBe(401)
  expect(await status(key)).toBe(401)
})

test('a clock that was days ahead once locks nobody out, and keeps no key alive', async () => {
  const key = await keyOf('noa')
  expect([await status(token('noa')), await status(key)]).toEqual([200, 200])
  const signIns = openSignIns(join(rig.home, 'runtime.db'))
  const kept = signIns.last('forged/noa')
  if (!kept) throw new Error('nobody signed in')
  const ahead = Date.now() + 3 * DAY
  signIns.note('forged/noa', { ...kept, at: ahead }, ahead)
  expect(signIns.last('forged/noa')?.at).toBe(ahead)
  signIns.close()
  expect(await status(key)).toBe(401)
  expect([await status(token('noa')), await status(key)]).toEqual([200, 200])
})
