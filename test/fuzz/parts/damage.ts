// What can happen to bytes: some changed, cut, added, taken out, doubled or put elsewhere. Often nothing, in the end.
import * as fc from 'fast-check'

export type Damage = (bytes: Buffer) => Buffer

const place = fc.nat({ max: 2 ** 20 })
const some = fc.uint8Array({ minLength: 1, maxLength: 40 })
const text = fc.constantFrom('\n', '\n\n', ' ', '0', '1', '=', '\u2014 ', 'x', '\r\n', '\ufeff', '\0', '{}', '-', '+')

const within = (bytes: Buffer, at: number): number => at % (bytes.length + 1)
const joined = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts)

const one: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(([at, by]): Damage => (bytes) => {
    const changed = Buffer.from(bytes)
    const target = within(bytes, at)
    if (target < changed.length) changed[target] = (changed[target] ?? 0) ^ by
    return changed
  }),
  place.map(
    (at): Damage =>
      (bytes) =>
        bytes.subarray(0, within(bytes, at)),
  ),
  place.map(
    (at): Damage =>
      (bytes) =>
        bytes.subarray(within(bytes, at)),
  ),
  fc
    .tuple(
      place,
      fc.oneof(
        some,
        text.map((added) => Buffer.from(added)),
      ),
    )
    .map(([at, added]): Damage => (bytes) => {
      return joined(bytes.subarray(0, within(bytes, at)), added, bytes.subarray(within(bytes, at)))
    }),
  fc.tuple(place, fc.integer({ min: 1, max: 300 })).map(([at, length]): Damage => (bytes) => {
    return joined(bytes.subarray(0, within(bytes, at)), bytes.subarray(within(bytes, at) + length))
  }),
  fc.tuple(place, fc.integer({ min: 1, max: 300 }), place).map(([from, length, to]): Damage => (bytes) => {
    const copy = bytes.subarray(within(bytes, from), within(bytes, from) + length)
    return joined(bytes.subarray(0, within(bytes, to)), copy, bytes.subarray(within(bytes, to)))
  }),
  some.map(
    (instead): Damage =>
      () =>
        Buffer.from(instead),
  ),
)

/** One thing, or a few after each other. */
export const damage: fc.Arbitrary<Damage> = fc
  .array(one, { minLength: 1, maxLength: 3 })
  .map((all) => (bytes) => all.reduce((made, each) => each(made), bytes))
