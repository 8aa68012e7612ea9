// Limits hold, whoever pushes against them: nobody passes more often than they say, what was not used is given back, and a no
// says so in a way that official clients understand.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import Anthropic, { RateLimitError as AnthropicRateLimit } from '@anthropic-ai/sdk'
import OpenAI, { RateLimitError as OpenAiRateLimit } from 'openai'
import { type Fault, faultyFiles } from '#audit/test-log.ts'
import { openShares } from '#store/shares.ts'
import { exchangeOf, type Person, type Rig, says, startRig } from '../rig.ts'
import { LIMITED } from './limits-world.ts'
import { expectRefused, providerCount, until } from './record.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: LIMITED })
})
afterAll(() => rig.stop())

const asking = (model: string, content = 'hello', more: object = {}) => ({ model, messages: says(content), ...more })

const passes = async (person: Person, body: object): Promise<Response> => {
  const response = await rig.ask(person, body)
  expect(response.status).toBe(200)
  await response.clone().arrayBuffer()
  return response
}

describe('a limit of requests', () => {
  test('is said in a 429 with which, whose and until when, and is recorded', async () => {
    for (let turn = 0; turn < 3; turn++) {
      const { headers } = await passes('alice', asking('few-requests'))
      expect(headers.get('x-ratelimit-limit-requests')).toBe('3')
      expect(headers.get('x-ratelimit-remaining-requests')).toBe(String(2 - turn))
      expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^(?:\d+h)?(?:\d+m)?\d+s$/)
    }
    const before = await providerCount(rig)
    const response = await rig.ask('alice', asking('few-requests'))
    const { headers } = response
    const seconds = Number(headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(86_400)
    expect(headers.get('x-should-retry')).toBe(seconds > 60 ? 'false' : null)
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('0')
    const { message, decision } = await expectRefused(rig, response, {
      status: 429,
      type: 'rate_limit_error',
      code: 'limit_reached',
    })
    expect(message).toMatch(
      /^The limit "3 requests\/day per user \(model claude, few-requests\)" of User::alice is used up; more is there from \d{4}-\d\d-\d\dT00:00:00\.000Z on\. \(exchange /,
    )
    expect(decision).toMatchObject({
      limit: { name: '3 requests/day per user (model claude, few-requests)', whose: 'User::alice' },
    })
    expect(await providerCount(rig)).toBe(before)
    const explained = await rig.call('alice', `/v1/exchanges/${exchangeOf(response)}`)
    expect(await explained.json()).toMatchObject({ decision: { limit: { whose: 'User::alice' } } })
  })

  test('is a RateLimitError of the official OpenAI client, which does not try again for long', async () => {
    const client = new OpenAI({ baseURL: `${rig.url}/v1`, apiKey: await rig.issuer.mint('alice') })
    const began = performance.now()
    const error: unknown = await client.chat.completions
      .create(asking('few-requests') as never)
      .catch((each: unknown) => each)
    expect(error).toBeInstanceOf(OpenAiRateLimit)
    expect((error as OpenAiRateLimit).message).toContain('is used up')
    expect(performance.now() - began).toBeLessThan(3_000)
  })

  test('is a RateLimitError of the official Anthropic client, with the headers that it knows', async () => {
    const client = new Anthropic({ baseURL: rig.url, authToken: await rig.issuer.mint('alice'), apiKey: null })
    const asked = { model: 'claude', max_tokens: 50, messages: [{ role: 'user' as const, content: 'hello' }] }
    // Its limit is the same as that of another model, and used up with it.
    const error: unknown = await client.messages.create(asked).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(AnthropicRateLimit)
    const { headers } = error as AnthropicRateLimit
    expect(headers.get('anthropic-ratelimit-requests-limit')).toBe('3')
    expect(headers.get('anthropic-ratelimit-requests-remaining')).toBe('0')
    expect(headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT00:00:00Z$/)
  })

  test('counts no request that policy denies, or that is wrong', async () => {
    for (let turn = 0; turn < 5; turn++) {
      expect((await rig.ask('bob', asking('few-denied'))).status).toBe(403)
      expect((await rig.ask('alice', { ...asking('few-denied'), stream: 'true' })).status).toBe(400)
    }
    await passes('alice', asking('few-denied'))
    await passes('alice', asking('few-denied'))
    expect((await rig.ask('alice', asking('few-denied'))).status).toBe(429)
  })

  test('of one lets one of a thousand through that ask at once', async () => {
    const token = await rig.issuer.mint('alice')
    const before = await providerCount(rig)
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const response = await rig.callWith(token, '/v1/chat/completions', asking('only-one'))
        await response.arrayBuffer()
        return response.status
      }),
    )
    expect(answers.filter((status) => status === 429).length).toBe(999)
    expect((await providerCount(rig)) - before).toBe(1)
  }, 30_000)

  test('that is free again within a minute tells clients to wait, and nothing else', async () => {
    await passes('alice', asking('soon'))
    await passes('alice', asking('soon'))
    const { headers, status } = await rig.ask('alice', asking('soon'))
    expect(status).toBe(429)
    // A segment of five seconds later than a minute, at most.
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(65)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(50)
  })
})

/** What the store says is taken of the limits of this model, in all. */
function takenOf(model: string): Promise<number> {
  const shares = openShares(join(rig.home, 'runtime.db'))
  try {
    return Promise.resolve(keysOf(model).reduce((sum, key) => sum + shares.taken(key), 0))
  } finally {
    shares.close()
  }
}

const DAY = (): string => new Date().toISOString().slice(0, 10)
const KEYS: Readonly<Record<string, () => string>> = {
  'few-tokens': () => `["tokens","user","day",null,["few-tokens"],null,null] "User::alice" ${DAY()}`,
  'any-tokens': () => `["tokens","team","day",null,["any-tokens"],null,null] "clinicians" ${DAY()}`,
  spend: () => `["spend","team","month",null,["spend"],null,null] "clinicians" ${DAY().slice(0, 7)}`,
}
const keysOf = (model: string): readonly string[] => [KEYS[model]?.() ?? '']

const outcomeOf = async (response: Response) => (await rig.settled(exchangeOf(response))).outcome

const tokensIn = (usage: unknown): number => {
  const { input = 0, output = 0 } = usage as { readonly input?: number; readonly output?: number }
  return input + output
}

describe('a limit of tokens', () => {
  test('is reserved by what a request may take, and settled to what it took', async () => {
    const first = await passes('alice', asking('few-tokens', 'one two three', { max_tokens: 900 }))
    const used = tokensIn((await outcomeOf(first))['usage'])
    expect(used).toBeGreaterThan(0)
    expect(used).toBeLessThan(50)
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('1000')
    await until('it is settled', async () => (await takenOf('few-tokens')) === used)
    const { message } = await expectRefused(
      rig,
      await rig.ask('alice', asking('few-tokens', 'hi', { max_tokens: 1_000 })),
      {
        status: 429,
        type: 'rate_limit_error',
        code: 'limit_reached',
      },
    )
    expect(message).toContain('allows 1000 tokens, and this request could take 100')
    await until('nothing more is taken', async () => (await takenOf('few-tokens')) === used)
  })

  test('is settled by an estimate that says so, where a stream’s provider did not say', async () => {
    const before = await takenOf('any-tokens')
    const response = await passes('alice', asking('any-tokens', 'word '.repeat(40), { stream: true }))
    const { usage, cost } = await outcomeOf(response)
    expect(usage).toMatchObject({ estimated: true })
    const { output = 0 } = usage as { readonly output?: number }
    expect(output).toBeGreaterThan(30)
    expect(output).toBeLessThan(80)
    expect(cost).toBeGreaterThan(0)
    await until('it is settled', async () => (await takenOf('any-tokens')) - before === tokensIn(usage))
  })

  test('gets back what a stream that ended early did not use', async () => {
    const before = await takenOf('any-tokens')
    const leaving = new AbortController()
    const body = asking('any-tokens', `[[delay:50]]${'word '.repeat(400)}`, { stream: true, max_tokens: 5_000 })
    const response = await rig.ask('alice', body, { signal: leaving.signal })
    await response.body?.getReader().read()
    expect((await takenOf('any-tokens')) - before).toBeGreaterThanOrEqual(5_000)
    leaving.abort()
    const { usage, ended } = await outcomeOf(response)
    expect(ended).toBe('caller-gone')
    expect(usage).toMatchObject({ estimated: true })
    expect(tokensIn(usage)).toBeLessThan(1_200)
    await until('it is settled', async () => (await takenOf('any-tokens')) - before === tokensIn(usage))
  })

  test('is taken whole by a caller who leaves before the answer: the provider may have worked for nothing', async () => {
    const [before, asked] = [await takenOf('any-tokens'), await providerCount(rig)]
    const leaving = new AbortController()
    const body = asking('any-tokens', `[[delay:200]]${'word '.repeat(40)}`, { max_tokens: 700 })
    const response = rig.ask('alice', body, { signal: leaving.signal }).catch(() => undefined)
    await until('the provider is asked', async () => (await providerCount(rig)) > asked)
    leaving.abort()
    expect(await response).toBeUndefined()
    const left = async () =>
      (await rig.entries()).findLast(({ kind, ended }) => kind === 'outcome' && ended === 'caller-gone')
    await until('it is recorded', async () => (await left())?.['bytes'] === 0)
    const usage = (await left())?.['usage'] as { readonly output?: number }
    expect(usage).toMatchObject({ output: 700, estimated: true })
    await until('it is settled', async () => (await takenOf('any-tokens')) - before === tokensIn(usage))
  })

  test('is not touched where a provider fails', async () => {
    const before = await takenOf('any-tokens')
    const response = await rig.ask('alice', asking('any-tokens', '[[status:500]]', { max_tokens: 100 }))
    expect(response.status).toBe(500)
    const outcome = await outcomeOf(response)
    expect([outcome['usage'], outcome['cost']]).toEqual([undefined, undefined])
    await until('all of it is given back', async () => (await takenOf('any-tokens')) === before)
  })
})

test('spend is to the millionth what the outcomes say, counted again, and ends at its limit', async () => {
  const statuses: number[] = []
  for (let turn = 0; turn < 40; turn++) {
    const answers = await Promise.all(
      [1, 2, 3].map((each) => rig.ask('alice', asking('spend', 'word '.repeat(each * 7), { max_tokens: 30 * each }))),
    )
    for (const each of answers) {
      await each.arrayBuffer()
      statuses.push(each.status)
    }
  }
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  const spent = await recount('spend')
  expect(spent).toBeLessThanOrEqual(10_000)
  expect(spent).toBeGreaterThan(4_000)
  await until('all is settled', async () => (await takenOf('spend')) === spent)
  const near = (await rig.entries()).filter((entry) => entry['indicator'] === 'limit-near')
  expect(near.map((entry) => entry['subject'])).toContain('0.01 USD/month per team (model spend) of team clinicians')
}, 30_000)

/** From usage alone: 10 millionths for each token in, 50 for each out. */
async function recount(model: string): Promise<number> {
  const entries = await rig.entries()
  const decided = new Set(
    entries.flatMap((entry) =>
      entry.kind === 'decision' && (entry['resource'] as { id?: string }).id === model ? [entry['exchange']] : [],
    ),
  )
  let sum = 0
  for (const entry of entries) {
    if (entry.kind !== 'outcome' || !decided.has(entry['exchange']) || entry['usage'] === undefined) continue
    const { input = 0, output = 0 } = entry['usage'] as { input?: number; output?: number }
    expect(entry['cost']).toBe(10 * input + 50 * output)
    sum += 10 * input + 50 * output
  }
  return sum
}

test('streams are counted while they are open, and whole answers are not', async () => {
  const slow = asking('streams', `[[delay:100]]${'word '.repeat(300)}`, { stream: true })
  const open = [await rig.ask('alice', slow), await rig.ask('alice', slow)]
  expect(open.map(({ status }) => status)).toEqual([200, 200])
  const third = await rig.ask('alice', slow)
  expect(third.status).toBe(429)
  expect(third.headers.get('retry-after')).toBe('2')
  await passes('alice', asking('streams'))
  await open[0]?.body?.cancel()
  await until('there is room for one', async () => {
    const again = await rig.ask('alice', asking('streams', 'short', { stream: true }))
    await again.text()
    return again.status === 200
  })
  await open[1]?.body?.cancel()
})

const signs = async (limit: string) =>
  (await rig.entries()).flatMap((entry) =>
    entry.kind === 'indicator' && String(entry['subject']).includes(`(model ${limit})`) ? [entry['indicator']] : [],
  )

test('a limit that is nearly used up is told once: in the trail, to the operator, and in the metrics', async () => {
  for (let turn = 0; turn < 10; turn++) await passes('alice', asking('warned'))
  await until('it is recorded', async () => (await signs('warned')).length > 0)
  expect(await signs('warned')).toEqual(['limit-near'])
  expect(rig.log.filter((line) => line.includes('(model warned)')).length).toBe(1)
  expect(await (await fetch(`${rig.url}/metrics`)).text()).toMatch(
    /sallyport_indicators_total\{[^}]*indicator="limit-near"[^}]*\} [1-9]/,
  )
})

test('a burst is told once, and refuses nobody', async () => {
  for (let turn = 0; turn < 15; turn++) await passes('alice', asking('burst'))
  await until('it is recorded', async () => (await signs('burst')).length > 0)
  const told = await signs('burst')
  // Two, where the ten seconds turned in between.
  expect(told.length).toBeLessThanOrEqual(2)
  expect(new Set(told)).toEqual(new Set(['burst']))
})

test('what a provider failed counts as a request', async () => {
  const response = await rig.ask('alice', asking('outage', '[[status:503]]'))
  expect(response.status).toBe(503)
  expect((await rig.ask('alice', asking('outage'))).status).toBe(429)
})

test('what cannot be recorded is neither sent nor counted', async () => {
  let full = false
  const fault: Fault = (operation) => (full && operation === 'write' ? new Error('ENOSPC') : undefined)
  const other = await startRig({ files: LIMITED, auditFiles: faultyFiles((operation, path) => fault(operation, path)) })
  try {
    expect((await other.ask('alice', asking('spend'))).status).toBe(200)
    full = true
    expect((await other.ask('alice', asking('outage'))).status).toBe(503)
    full = false
    await until('it serves', async () => (await other.ask('alice', asking('spend'))).status === 200)
    expect((await other.ask('alice', asking('outage'))).status).toBe(200)
  } finally {
    await other.stop()
  }
})
