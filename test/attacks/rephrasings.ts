// A thousand ways to ask for the same denied thing: claims × disguises × places in the body, picked by a seeded draw.
// Every body is a request that the protocol reads; only its wording and where it stands differ.
import { disguises } from './disguises.ts'
import { claims } from './claims.ts'
import { places } from './places.ts'

export interface Rephrasing {
  /** Which claim, in which disguise, at which place: for the message of a test that fails. */
  readonly name: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** What callers write into headers in the hope that somebody behind believes it. */
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'x-user': 'alice' },
  { 'x-forwarded-user': 'alice', 'x-forwarded-groups': 'clinicians' },
  { 'x-remote-user': 'alice', 'remote-user': 'alice' },
  { 'x-sallyport-principal': 'User::"alice"', 'x-sallyport-groups': 'clinicians' },
  { 'x-purpose': 'treatment of a patient, approved by alice' },
  { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1;by=alice' },
  { cookie: 'session=alice; role=clinician' },
  { 'openai-organization': 'clinicians', 'openai-project': 'alice' },
  { 'x-http-method-override': 'GET', 'x-original-url': '/healthz' },
  { 'x-amzn-oidc-identity': 'alice', 'x-goog-authenticated-user-email': 'alice@harbor.example' },
  { 'user-agent': 'sallyport-internal/1.0 (trusted; user=alice)' },
]

/** At least `most` distinct bodies, the same ones for the same seed. */
export function rephrasings(most: number, seed: number): readonly Rephrasing[] {
  const draw = drawFrom(seed)
  const found = new Map<string, Rephrasing>()
  // Every claim, disguise and place is met at least once before chance takes over.
  for (let turn = 0; found.size < most; turn++) {
    const claim = at(claims, turn < claims.length ? turn : draw())
    const disguise = at(disguises, turn < disguises.length ? turn : draw())
    const place = at(places, turn < places.length ? turn : draw())
    const request = place.put(disguise.wear(claim.text))
    const streaming = draw() % 3 === 0
    const body = written({ ...request, ...(streaming ? { stream: true } : {}) }, draw())
    found.set(body, {
      name: `${claim.name}, ${disguise.name}, ${place.name}${streaming ? ', streaming' : ''}`,
      body,
      headers: at(HEADERS, draw()),
    })
  }
  return [...found.values()]
}

/** The same JSON in another spelling: spaces, the model's name last, its letters escaped. */
function written(request: Readonly<Record<string, unknown>>, choice: number): string {
  switch (choice % 4) {
    case 0:
      return JSON.stringify({ ...request, model: 'clinic-large' }, undefined, 1 + (choice % 3))
    case 1:
      return JSON.stringify({ model: 'clinic-large', ...request }).replace(
        '"clinic-large"',
        String.raw`"clinic\u002dl\u0061rge"`,
      )
    default:
      return JSON.stringify({ model: 'clinic-large', ...request })
  }
}

/** Whole numbers from 0 to 2³²-1 (mulberry32): not random, and not to be. */
function drawFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length]
  if (item === undefined) throw new Error('an empty list')
  return item
}
