// Threat: a secret is pasted where a reference to it belongs, or into some other line of a bundle; the files of credentials
// and of the gate's keys are read, and what they hold is shown. What a message about a bundle quotes is never a secret, and
// what the files hold stands in them alone.
//
// What a policy says is another matter: its text, its id and its `@tell` are quoted in the record and in explanations, for
// that is what they are there for. Its author writes them in the open; a caller still never reads a credential in them.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { forge } from '#identity/forge.fixture.ts'
import { CLINIC_YAML, PROVIDER_SECRET, type Rig, says, startRig } from '../rig.ts'
import { type Canary, canary, found, type Kind, LINES } from './canary-marks.ts'
import { filesBelow, sinksOf, told } from './canary-sinks.ts'
import { startForgedIssuer } from './forged-issuer.ts'
import { HELLO } from './hello.ts'
import { WORLD, worldWith } from './inspected-world.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: WORLD })
})
afterAll(() => rig.stop())

type Files = Readonly<Record<string, string>>
const settings = (from: string, to: string): Files => ({ ...WORLD, 'sallyport.yaml': CLINIC_YAML.replace(from, to) })
const instead = (text: string): Files => settings('file:provider-key', text)
const line = (text: string): Files => ({ ...WORLD, 'sallyport.yaml': `${CLINIC_YAML}${text}\n` })
const policy = (body: string, before = '@id("x")'): Files =>
  worldWith(`${before} permit (principal, action == Action::"infer", resource) ${body};`)

const FAULTS: readonly (readonly [place: string, files: (text: string) => Files])[] = [
  ['in place of a reference', instead],
  ['in quotes in place of a reference', (text) => instead(`"${text}"`)],
  ['as a path', (text) => instead(`file:${text}`)],
  ['as a path, further down', (text) => instead(`file:/run/secrets/${text}`)],
  ['as a variable', (text) => instead(`env:${text}`)],
  ['as a place in a vault', (text) => instead(`vault:${text}`)],
  ['behind an unknown scheme', (text) => instead(`secret:${text}`)],
  ['in an address', (text) => settings('${provider}/v1', `https://user:${text}@provider.example/v1`)],
  ['in the query of an address', (text) => settings('${provider}/v1', `https://provider.example/v1?key=${text}`)],
  ['in the address of an issuer', (text) => settings('${issuer}', `https://user:${text}@issuer.example`)],
  ['under an unknown key', (text) => settings('private: true', `private: true\n    api_key: ${text}`)],
  ['as an unknown key', (text) => settings('private: true', `private: true\n    ${text}: x`)],
  ['as a key at the top', (text) => line(`"${text}": x`)],
  ['for a number', (text) => line(`body: { max: ${text} }`)],
  ['for a choice', (text) => settings('kind: openai-compatible', `kind: ${text}`)],
  ['for a switch', (text) => settings('private: true', `private: ${text}`)],
  ['for a time', (text) => settings('first-byte: 2s', `first-byte: ${text}`)],
  ['for a provider', (text) => settings('harbor/harbor-small', `${text}/harbor-small`)],
  ['for a header', (text) => settings('[x-purpose]', `["${text}"]`)],
  ['in a line that is no YAML', (text) => line(`credential: "${text}`)],
  ['in a line of two colons', (text) => line(`credential: ${text}: x`)],
  ['as a tag', (text) => line(`other: !${text} x`)],
  ['as an anchor', (text) => line(`other: &${text} x`)],
  ['as a key that stands twice', (text) => line(`"${text}": 1\n"${text}": 2`)],
  ['in a policy that is no Cedar', (text) => worldWith(`permit (principal, action, ${text} resource);`)],
  ['in a text of a policy that does not end', (text) => worldWith(`@id("x") permit (principal == "${text}`)],
  ['as an attribute', (text) => policy(`when { context["${text}"] == 1 }`)],
  ['as an operand of another type', (text) => policy(`when { context.input_tokens == "${text}" }`)],
  ['as an entity', (text) => policy(`when { principal == User::"${text}" && resource == Team::"${text}" }`)],
  ['as a time in a policy', (text) => policy(`when { context.now < datetime("${text}") }`)],
  ['as the id of a policy', (text) => policy('', `@id("${text} x")`)],
  ['as an annotation', (text) => policy('', `@id("x") @${text}("x")`)],
  ['as the value of an annotation', (text) => policy('', `@id("x") @approval("${text}")`)],
  ['in a case', (text) => ({ ...WORLD, 'cases/x.yaml': `case: "${text}"\nas: ${text}\nexpect: ${text}\n` })],
]

describe.each(FAULTS)('%s', (place, files) => {
  // In place of a reference nothing is quoted, whatever it is.
  const kinds: readonly Kind[] = place.includes('in place of a reference') ? [...LINES, 'unknown'] : LINES

  test.each(kinds)('%s', async (kind) => {
    const mark = canary(place, kind)
    const before = rig.log.length
    await rig.writeBundle(files(mark.text))
    await rig.inForce.reload()
    const log = new Map([['the log', rig.log.slice(before).join('\n')]])
    expect(log.get('the log')).toContain('is faulty and was not taken')
    expect(found([mark], log)).toEqual([])
  })
})

test('what was pasted into faulty bundles is nowhere below the state directory, either', async () => {
  const planted = FAULTS.flatMap(([place]) => LINES.map((kind) => canary(place, kind)))
  expect(found(planted, await sinksOf(rig, []))).toEqual([])
})

test.each(LINES)('a caller never reads a credential of an author: %s in a @tell', async (kind) => {
  const mark = canary('a @tell', kind)
  await rig.writeBundle(
    worldWith(`@id("t") @tell("Ask with ${mark.text}!") forbid (principal, action == Action::"infer", resource);`),
  )
  await rig.inForce.reload()
  const response = await rig.ask('alice', HELLO)
  expect(response.status).toBe(403)
  const answer = await told(response)
  expect(answer).toContain('Ask with ')
  expect(found([mark], new Map([['what the caller is told', answer]]))).toEqual([])
})

describe('what files of secrets hold', () => {
  test("a provider's credential stands in its file alone, also after it was rotated", async () => {
    const rotated = canary('the rotated credential', 'unknown')
    await rig.writeBundle({ ...WORLD, 'provider-key': `${rotated.text}\n` })
    await rig.inForce.reload()
    expect((await rig.ask('alice', HELLO)).status).toBeGreaterThan(0)
    const first: Canary = {
      place: 'the credential',
      kind: 'unknown',
      text: PROVIDER_SECRET,
      core: PROVIDER_SECRET.slice(-16),
    }
    expect(found([first, rotated], await sinksOf(rig, []))).toEqual([])
  })

  test.each(['two words of it', 'ein Schlüssel', 'a\nb'])(
    'one that cannot be sent is not quoted: %j',
    async (ending) => {
      const mark = canary(`a credential with ${ending}`, 'unknown')
      await rig.writeBundle({ ...WORLD, 'provider-key': `${mark.text} ${ending}` })
      await rig.inForce.reload()
      // A file is looked at once a second: this one is another file than before.
      const answer = await told(await rig.ask('alice', HELLO))
      expect(found([mark], new Map([['what the caller is told', answer]]))).toEqual([])
      expect(found([mark], await sinksOf(rig, []))).toEqual([])
    },
  )

  test("the gate's own keys stand in their files alone", async () => {
    const marks: Canary[] = []
    for (const name of await readdir(join(rig.home, 'keys'))) {
      const bytes = await readFile(join(rig.home, 'keys', name))
      const text = bytes.toString('latin1')
      const lines = /^[\x20-\x7e\r\n]+$/.test(text)
        ? text.split('\n')
        : [text, bytes.toString('hex'), bytes.toString('base64')]
      for (const core of lines.filter((each) => each.length >= 16 && !each.startsWith('-----')))
        marks.push({ place: name, kind: 'gate', text: core, core: core.slice(-24) })
    }
    expect(marks.length).toBeGreaterThan(1)
    const sinks = new Map([...(await sinksOf(rig, []))].filter(([where]) => !where.startsWith('keys/')))
    expect(found(marks, sinks)).toEqual([])
    expect(found(marks, await filesBelow(rig.home)).length).toBeGreaterThan(1)
  })
})

describe("a token's claims", () => {
  const issuer = startForgedIssuer()
  let other: Rig
  beforeAll(async () => {
    other = await startRig({ files: issuer.files })
  })
  afterAll(async () => {
    await other.stop()
    await issuer.stop()
  })

  const { key, claims } = issuer
  const text = (place: string): string => {
    const mark = canary(place, planted.length % 2 === 0 ? 'unknown' : 'aws')
    planted.push(mark)
    return mark.text
  }
  const planted: Canary[] = []
  const TOKENS: readonly (readonly [place: string, token: (text: string) => string, status: number])[] = [
    ['a name', (name) => forge(key, { ...claims, name, email: `${name}@example.org`, preferred_username: name }), 200],
    ['groups that make no team', (group) => forge(key, { ...claims, groups: ['clinicians', group] }), 200],
    ['an id of the token', (jti) => forge(key, { ...claims, jti, sid: jti, nonce: jti }), 200],
    ['a claim that nobody knows', (at) => forge(key, { ...claims, [at]: { [at]: at } }), 200],
    ['an issuer', (iss) => forge(key, { ...claims, iss }), 401],
    ['an audience', (aud) => forge(key, { ...claims, aud }), 401],
    ['a time', (exp) => forge(key, { ...claims, exp }), 401],
    ['a subject that is none', (sub) => forge(key, { ...claims, sub: [sub] }), 401],
    ['groups that are none', (groups) => forge(key, { ...claims, groups }), 403],
    ["a key's name", (kid) => forge(key, claims, { kid }), 401],
    ["a key's address", (jku) => forge(key, claims, { jku: `https://${jku}.example`, x5u: jku }), 200],
    ['a type', (typ) => forge(key, claims, { typ }), 401],
    ['an algorithm', (alg) => forge(key, claims, { alg }), 401],
    ['a critical extension', (crit) => forge(key, claims, { crit: [crit], [crit]: 1 }), 401],
    ['a payload that is no JSON', (at) => forge(key, `{"sub":"${at}`), 401],
    ['a signature', (at) => `${forge(key, claims).split('.').slice(0, 2).join('.')}.${at}`, 401],
  ]

  test.each(TOKENS)('%s', async (place, token, status) => {
    // The principal's id is the record's own: a directory that puts a secret there has it recorded.
    for (let turn = 0; turn < 2; turn++) {
      const mark = text(`${place} ${turn}`)
      const response = await fetch(`${other.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token(mark)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...HELLO, messages: says('hello') }),
      })
      expect(response.status).toBe(status)
      expect(found(planted, new Map([['what the caller is told', await told(response)]]))).toEqual([])
    }
  })

  test('none of them is written down, nor is the token', async () => {
    const token = forge(key, claims)
    const whole: Canary = { place: 'a token', kind: 'jwt', text: token, core: token.split('.')[2] ?? '' }
    await other.ask('alice', HELLO, { headers: { authorization: `Bearer ${token}` } })
    expect(planted.length).toBe(2 * TOKENS.length)
    expect(found([...planted, whole], await sinksOf(other, []))).toEqual([])
  })
})
