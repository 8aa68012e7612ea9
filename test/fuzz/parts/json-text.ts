// Texts that are JSON or nearly so: every spelling of strings, numbers and white space, with the odd breach of the rules.
import * as fc from 'fast-check'

const escape = fc.constantFrom(
  '\\"',
  '\\\\',
  '\\/',
  '\\b',
  '\\f',
  '\\n',
  '\\r',
  '\\t',
  '\\u0000',
  '\\u00e9',
  '\\uD83D\\uDE00',
  '\\u006d',
  '\\uFEFF',
)
const oddEscape = fc.constantFrom(
  '\\ud800',
  '\\udc00\\ud800',
  '\\x41',
  '\\a',
  '\\udc00\\udc00',
  '\\u12',
  '\\',
  '"',
  '\t',
  '\u0000',
  '\u001f',
)
const character = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(..."abcdefgh _-.:,{}[]/'#*0123".split('')) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('ä', '€', '😀', '\u2028', '\u007f', '\ufeff', '\uffff', '\u0130', 'ſ', '\u0085'),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((one) => !/["\\\p{Cc}]/u.test(one)),
  },
  { weight: 3, arbitrary: escape },
)
const content = fc.oneof(
  { weight: 200, arbitrary: fc.array(character, { maxLength: 8 }).map((all) => all.join('')) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('', 'a'), oddEscape).map((all) => all.join('')) },
)
const string = content.map((inside) => `"${inside}"`)
const key = fc.oneof(
  { weight: 3, arbitrary: string },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"__proto__"',
      '"constructor"',
      '"model"',
      '"\\u006dodel"',
      '"1"',
      '"0"',
      '""',
      '"toString"',
      '"Model"',
    ),
  },
)

const digits = fc
  .array(fc.constantFrom(...'0123456789'.split('')), { minLength: 1, maxLength: 25 })
  .map((all) => all.join(''))
const whole = fc.oneof(
  fc.constant('0'),
  digits.map((all) => all.replace(/^0+(?=.)/, '')),
)
const fraction = fc.oneof(
  fc.constant(''),
  digits.map((all) => `.${all}`),
)
const exponent = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), fc.integer({ min: 0, max: 330 }))
      .map((all) => all.join('')),
  },
)
const number = fc.oneof(
  { weight: 80, arbitrary: fc.tuple(fc.constantFrom('', '-'), whole, fraction, exponent).map((all) => all.join('')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '01',
      '+1',
      '.5',
      '1.',
      'NaN',
      '-Infinity',
      '1e999',
      '1e-999',
      '0x1',
      '1_0',
      '--1',
      '1e',
    ),
  },
)
const space = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' ', '\n', '\r\n\t', '  ') },
)
const comma = fc.oneof(
  { weight: 300, arbitrary: fc.constant(',') },
  { weight: 1, arbitrary: fc.constantFrom(',,', '', ';', ',//x\n', ',\u00a0') },
)

const { value } = fc.letrec<{ value: string; member: string }>((tie) => ({
  member: fc
    .tuple(space, key, space, tie('value'))
    .map(([before, name, behind, inner]) => `${before}${name}${behind}:${inner}`),
  value: fc
    .tuple(
      space,
      fc.oneof(
        { maxDepth: 5, depthIdentifier: 'json' },
        fc.oneof(string, number, fc.constantFrom('true', 'false', 'null')),
        fc
          .tuple(fc.array(tie('value'), { maxLength: 5, depthIdentifier: 'json' }), comma)
          .map(([all, by]) => `[${all.join(by)}]`),
        fc
          .tuple(fc.array(tie('member'), { maxLength: 5, depthIdentifier: 'json' }), comma)
          .map(([all, by]) => `{${all.join(by)}}`),
      ),
      space,
    )
    .map((all) => all.join('')),
}))

/** Mostly JSON. */
export const jsonText = value

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), place: fc.nat(), byte: fc.nat({ max: 255 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    place: fc.nat(),
    byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[],:0eu \t-'))),
  }),
  fc.record({ kind: fc.constant('remove' as const), place: fc.nat(), byte: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant('double' as const), place: fc.nat(), byte: fc.nat({ max: 40 }) }),
  fc.record({ kind: fc.constant('cut' as const), place: fc.nat(), byte: fc.constant(0) }),
)

/** Bytes that were JSON, or nearly so, before something befell them. */
export const brokenJson = fc
  .tuple(value, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([text, mutations]) => {
    let bytes: number[] = [...Buffer.from(text)]
    for (const { kind, place, byte } of mutations) {
      const at = place % (bytes.length + 1)
      if (kind === 'set') bytes[at] = byte
      else if (kind === 'insert') bytes.splice(at, 0, byte)
      else if (kind === 'remove') bytes.splice(at, byte)
      else if (kind === 'double') bytes.splice(at, 0, ...bytes.slice(at, at + byte))
      else bytes = bytes.slice(0, at)
    }
    return Uint8Array.from(bytes)
  })
