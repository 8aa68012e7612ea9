// Tells one story to a whole gate, and says where what happened differs from it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AWS_KEY, say } from '../attacks/leaks.ts'
import { exchangeOf, PROVIDER_SECRET, type Rig, startRig } from '../rig.ts'
import { differences } from './differences.ts'
import type { Call, Story } from './read-story.ts'

interface SeenRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Empty where everything went as told. */
export async function tell(story: Story): Promise<readonly string[]> {
  const clinic = join(import.meta.dir, 'clinic')
  const rig = await startRig({
    files: {
      'sallyport.yaml': await readFile(join(clinic, 'sallyport.yaml'), 'utf8'),
      'policies/clinic.cedar': await readFile(join(clinic, 'policies/clinic.cedar'), 'utf8'),
      'provider-key': `${PROVIDER_SECRET}\n`,
      ...(story.policies === undefined ? {} : { 'policies/story.cedar': story.policies }),
    },
  })
  try {
    return await happened(story, rig)
  } finally {
    await rig.stop()
  }
}

async function happened(story: Story, rig: Rig): Promise<readonly string[]> {
  const before = story.before ? await earlier(story.before, rig) : { exchange: '', made: '' }
  const response = await send(story.call, rig, before)
  const text = await response.text()
  const exchange = exchangeOf(response)
  const { decision, outcome } = await rig.settled(exchange)
  const arrived = (await (await fetch(`${rig.provider}/seen`)).json()) as readonly SeenRequest[]
  // Who asked is another in each run's key, and the same within one.
  const seen = arrived.map(({ path, headers, body }) => ({
    path,
    headers,
    body: body.replaceAll(/user_[a-z2-7]{26}/g, '(pseudonym)'),
  }))

  const named = new Map([
    ['${exchange}', exchange],
    ['${before}', before.exchange],
    ['${made}', before.made],
    ['${secret}', PROVIDER_SECRET],
    ['${aws-key}', AWS_KEY],
  ])
  const { upstream, caller, trail } = filled(story, named)
  const recorded = JSON.stringify([decision, outcome])
  return [
    ...differences(caller.status, response.status, 'caller.status'),
    ...differences(caller.headers, Object.fromEntries(response.headers), 'caller.headers'),
    ...(caller.body === undefined ? [] : differences(caller.body, text, 'caller.body')),
    ...(caller.json === undefined ? [] : differences(caller.json, parsed(text), 'caller.json')),
    ...caller.contains.filter((piece) => !text.includes(piece)).map((piece) => `caller's body lacks ${piece}: ${text}`),
    ...caller.lacks.filter((piece) => text.includes(piece)).map((piece) => `caller's body holds ${piece}: ${text}`),
    ...differences(upstream.length, seen.length, 'upstream.length'),
    ...upstream.flatMap((told, index) => sawUpstream(told, seen[index], `upstream[${index}]`)),
    ...differences(trail.decision, decision, 'trail.decision'),
    ...differences(trail.outcome, outcome, 'trail.outcome'),
    ...trail.lacks.filter((piece) => recorded.includes(piece)).map((piece) => `the trail holds ${piece}`),
  ]
}

interface Before {
  readonly exchange: string
  readonly made: string
}

/** A call of its own, of which the provider then shows nothing. */
async function earlier(call: Call, rig: Rig): Promise<Before> {
  const response = await send(call, rig, { exchange: '', made: '' })
  const answer = parsed(await response.text())
  const exchange = exchangeOf(response)
  await rig.settled(exchange)
  await fetch(`${rig.provider}/seen`, { method: 'DELETE' })
  const made = typeof answer === 'object' && answer !== null && 'id' in answer ? String(answer.id) : ''
  return { exchange, made }
}

async function send(call: Call, rig: Rig, before: Before): Promise<Response> {
  const { as, method, path, headers, body } = fill(
    call,
    new Map([
      ['${before}', before.exchange],
      ['${made}', before.made],
      ['${aws-key}', AWS_KEY],
      ['${say-aws-key}', say(`It is ${AWS_KEY}.`)],
    ]),
  ) as Call
  const proof = as === 'nobody' ? {} : { authorization: `Bearer ${await rig.issuer.mint(as)}` }
  return fetch(`${rig.url}${path}`, {
    method,
    headers: { ...proof, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

function sawUpstream(told: Story['upstream'][number], seen: SeenRequest | undefined, at: string): readonly string[] {
  if (!seen) return []
  return [
    ...(told.path === undefined ? [] : differences(told.path, seen.path, `${at}.path`)),
    ...differences(told.headers, seen.headers, `${at}.headers`),
    ...(told.body === undefined ? [] : differences(told.body, seen.body, `${at}.body`)),
    ...(told.json === undefined ? [] : differences(told.json, parsed(seen.body), `${at}.json`)),
  ]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The story's expectations, with ids that are known only now in place of their names. */
function filled(story: Story, named: ReadonlyMap<string, string>): Pick<Story, 'upstream' | 'caller' | 'trail'> {
  const { upstream, caller, trail } = story
  return fill({ upstream, caller, trail }, named) as Story
}

function fill(value: unknown, named: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return [...named].reduce((text, [name, id]) => text.replaceAll(name, id), value)
  if (Array.isArray(value)) return value.map((each) => fill(each, named))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, fill(inside, named)]))
}
