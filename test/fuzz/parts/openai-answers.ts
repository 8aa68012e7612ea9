// Answers of several choices with secrets in them, whole and in events, cut anywhere and mixed: redacted, both say the same.
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import type { Protocol } from '#access/protocol.ts'
import { SECRET } from '#gateway/inspector.fixture.ts'
import { passThrough, passWhole } from './pass-through.ts'

/** One choice: what it says, in the pieces in which it comes; each is a token, too. */
export type Said = readonly (readonly string[])[]

export interface Shape {
  /** What a choice of a whole answer holds, of these pieces; of an event's, of one. */
  whole(pieces: readonly string[]): object
  piece(piece: string): object
  /** Every text of a choice, by name; of a streamed one, of what was appended. */
  textsOf(choice: unknown): Readonly<Record<string, string>>
}

const words = fc.array(fc.constantFrom(SECRET, 'sk_', 's', 'sk_abc', ' ', 'word', 'ä😀', '"\\', `${SECRET}${SECRET}`), {
  maxLength: 6,
})

/** Texts of words, some of them secret, cut between any two characters. */
export const said: fc.Arbitrary<Said> = fc.array(
  fc.tuple(words, fc.array(fc.nat(), { maxLength: 6 })).map(([parts, places]) => {
    const characters = Array.from(parts.join(''))
    const cuts = [0, ...places.map((place) => place % (characters.length + 1)), characters.length].sort((a, b) => a - b)
    return cuts.slice(1).map((cut, at) => characters.slice(cuts[at], cut).join(''))
  }),
  { minLength: 1, maxLength: 3 },
)

export async function judgeSaid(protocol: Protocol, shape: Shape, spoken: Said): Promise<void> {
  const whole = await passWhole(
    protocol,
    Buffer.from(JSON.stringify({ choices: spoken.map((pieces, index) => ({ index, ...shape.whole(pieces) })) })),
  )
  ok(!whole.includes(SECRET))
  const streamed = await passThrough(protocol, [Buffer.from(eventsOf(spoken, shape))])
  ok(!streamed.text.includes(SECRET))
  ok(streamed.text.endsWith('data: [DONE]\n\n'))

  const expected = (JSON.parse(whole) as { readonly choices: readonly unknown[] }).choices.map((choice) =>
    shape.textsOf(choice),
  )
  const appended = spoken.map((): Record<string, string> => ({}))
  for (const event of streamed.text.split('\n\n').slice(0, -2)) {
    const { choices } = JSON.parse(event.slice('data: '.length)) as { readonly choices: readonly { index: number }[] }
    for (const choice of choices) {
      const texts = appended[choice.index] ?? {}
      for (const [name, text] of Object.entries(shape.textsOf(choice))) texts[name] = (texts[name] ?? '') + text
    }
  }
  for (const texts of appended) for (const text of Object.values(texts)) ok(!text.includes(SECRET))
  deepStrictEqual(appended, expected)
  strictEqual(streamed.outcomes.length, 1)
}

/** The choices in turn, piece by piece, two to an event; each ends with its last. */
function eventsOf(spoken: Said, shape: Shape): string {
  const most = Math.max(...spoken.map(({ length }) => length))
  const rows = Array.from({ length: most }, (_, at) =>
    spoken.flatMap((pieces, index) => {
      const text = pieces[at]
      const last = at === pieces.length - 1
      return text === undefined ? [] : [{ index, ...shape.piece(text), finish_reason: last ? 'stop' : null }]
    }),
  )
  const events = rows.flatMap((row) => [row.slice(0, 2), row.slice(2)]).filter((choices) => choices.length > 0)
  return [...events.map((choices) => `data: ${JSON.stringify({ choices })}\n\n`), 'data: [DONE]\n\n'].join('')
}
