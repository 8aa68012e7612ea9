// The wording of a prompt never decides access: a thousand rewordings of one denied request are a thousand equal denials.
// The same bodies from somebody who may are allowed, so that a gate which refuses everything does not pass for a safe one.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Rig, startRig } from '../rig.ts'
import { rephrasings } from './rephrasings.ts'

const ALL = rephrasings(1_000, 20_251_121)
const AT_ONCE = 16

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

test('there are a thousand of them, all different', () => {
  expect(ALL.length).toBeGreaterThanOrEqual(1_000)
  expect(new Set(ALL.map(({ body }) => body)).size).toBe(ALL.length)
  // Drawn, not random: what fails today fails tomorrow.
  expect(rephrasings(1_000, 20_251_121)).toEqual(ALL)
})

test('a thousand rewordings of a denied request are denied by the same policy, and nothing leaves', async () => {
  const answers = await askAll(ALL, 'bob')
  const wrong = answers.filter(({ status, code }) => status !== 403 || code !== 'not_permitted')
  expect(wrong.map(({ name, status, text }) => `${name}: ${status} ${text.slice(0, 300)}`)).toEqual([])

  expect(await providerCount()).toBe(0)
  const told = new Set(answers.map(({ text }) => text.replaceAll(/[0-9A-Z]{26}/g, '<exchange>')))
  expect([...told]).toEqual([
    '{"error":{"message":"Not permitted: clinic-large is for clinicians; billing uses clinic-small. Why: sallyport explain <exchange>","type":"permission_error","param":null,"code":"not_permitted"}}',
  ])

  const decisions = (await rig.entries()).filter(({ kind }) => kind === 'decision')
  expect(decisions.length).toBe(ALL.length)
  expect(new Set(decisions.map((entry) => entry['exchange'])).size).toBe(ALL.length)
  const verdicts = new Set(
    decisions.map(({ principal, action, resource, decision, reason, policies, grounds }) =>
      JSON.stringify({ principal, action, resource, decision, reason, policies, grounds }),
    ),
  )
  expect([...verdicts].map((verdict) => JSON.parse(verdict) as unknown)).toEqual([THE_DENIAL])
})

test('the same words from somebody who may are allowed', async () => {
  // A part of an unknown kind could make the provider act, which alice may not have it do, whatever the words.
  const sound = ALL.filter(({ name }) => !/, an unknown (?:kind of part|field of a message)/.test(name))
  const sample = sound.filter((_, index) => index % 19 === 0).slice(0, 50)
  expect(sample.length).toBe(50)
  const before = await providerCount()
  const answers = await askAll(sample, 'alice')
  expect(answers.filter(({ status }) => status === 403).map(({ name, text }) => `${name}: ${text}`)).toEqual([])
  expect((await providerCount()) - before).toBe(50)
})

const THE_DENIAL = {
  principal: { type: 'User', id: 'bob', groups: ['billing'], issuer: 'harbor', chain: [{ type: 'User', id: 'bob' }] },
  action: 'infer',
  resource: { type: 'Model', id: 'clinic-large' },
  decision: 'deny',
  reason: 'not_permitted',
  policies: [],
  grounds: {
    policies: [],
    erring: [],
    tell: 'clinic-large is for clinicians; billing uses clinic-small.',
    nearest: {
      id: 'clinicians-use-every-model',
      effect: 'permit',
      file: 'policies/clinic.cedar',
      line: 1,
      clauses: [
        { text: 'principal in Team::"clinicians"', line: 3, holds: false, because: 'bob is in billing' },
        { text: 'action == Action::"infer"', line: 3, holds: true },
        { text: 'resource', line: 3, holds: true },
      ],
    },
  },
}

interface Answered {
  readonly name: string
  readonly status: number
  readonly text: string
  readonly code: unknown
}

async function askAll(asked: typeof ALL, person: 'alice' | 'bob'): Promise<readonly Answered[]> {
  const authorization = `Bearer ${await rig.issuer.mint(person)}`
  const answers: Answered[] = []
  const waiting = [...asked]
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { name, body, headers } = next
      const response = await fetch(`${rig.url}/v1/chat/completions`, {
        method: 'POST',
        body,
        headers: { ...headers, authorization, 'content-type': 'application/json' },
      })
      const text = await response.text()
      answers.push({ name, status: response.status, text, code: /"code":"([a-z_]+)"/.exec(text)?.[1] })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return answers
}

const providerCount = async (): Promise<number> => (await (await fetch(`${rig.provider}/count`)).json()) as number
