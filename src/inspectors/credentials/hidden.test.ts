import { describe, expect, test } from 'bun:test'
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check'
import { credentialsInspector, scanText } from './credentials.ts'
import { cutAt, scanPieces } from './scan.fixture.ts'

const ID = ['AKIA', '9QX4T7WM2KD5R8BN'].join('')
/** More are run by `RUNS=20000`. */
const RUNS = Number(process.env['RUNS'] ?? 150)
const inspector = credentialsInspector({ secrets: () => HELD })
const HELD = [{ kind: 'gate-secret', value: 'Zk7-secret/of the+gate' }]

describe('unseen characters that fill what may be held back are found, with all behind them', () => {
  test.each(Array.from({ length: ID.length - 1 }, (_, index) => index + 1))('after %i characters of an id', (after) => {
    const text = `see ${ID.slice(0, after)}${'\u200b'.repeat(5000)}${ID.slice(after)} end`
    const whole = [{ start: 4, end: text.length, kind: 'hidden-characters' }]
    expect(scanPieces(inspector, [text])).toEqual(whole)
    for (const size of [7, 1000, 4000])
      expect(
        scanPieces(inspector, cutAt(text, ...Array.from({ length: text.length / size }, (_, at) => at * size))),
      ).toEqual(whole)
  })
  test('spread evenly, of any kind, and in a held secret', () => {
    for (const [secret, unseen] of [
      [ID, '\u2060'],
      ['Zk7-secret/of the+gate', '\u{e0041}'],
    ] as const) {
      const text = secret.split('').join(unseen.repeat(400))
      expect(scanText(text).length + scanPieces(inspector, [text]).length).toBeGreaterThan(0)
      expect(scanPieces(inspector, [text])).toEqual([{ start: 0, end: text.length, kind: 'hidden-characters' }])
    }
  })
  test('in a value beside its name', () => {
    const text = `password="tr0ub${'\ufeff'.repeat(4200)}4dor&3"`
    expect(scanPieces(inspector, [text])).toEqual([{ start: 9, end: text.length, kind: 'hidden-characters' }])
  })
})

test.each([
  [
    'sequences of emoji',
    '👩\u200d❤️\u200d💋\u200d👨 👨\u200d👩\u200d👧\u200d👦 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} A',
  ],
  ['Persian', 'می\u200cخواهم به خانه\u200cها بروم password: '],
  ['Hindi', 'क्\u200dष र्\u200dय token='],
  ['soft hyphens', 'Donau\u00addampf\u00adschiff\u00adfahrt AK'],
  ['variation selectors', '☎\ufe0f ✔\ufe0e 1\ufe0f⃣ sk-'],
  ['directions', '\u2067שלום\u2069 (abc) \u200f! gh'],
  ['a mark at the start of each line', '\ufeffname,key=\nAKI\u200b\n'],
])('ordinary text with %s is left alone', (_, unit) => {
  expect(scanPieces(inspector, [unit.repeat(400)])).toEqual([])
})

test('what follows many unseen characters alone is read as always', () => {
  expect(scanText(`see ${'\u200b'.repeat(9000)} ${ID} end`)).toEqual([
    { start: 9005, end: 9025, kind: 'aws-access-key', continues: false },
  ])
})

test('with many unseen characters every cut gives the same', () => {
  const part = tuple(
    constantFrom(
      ID,
      ID.slice(0, 3),
      ID.slice(3),
      'Zk7-sec',
      'ret/of the+gate',
      'token="',
      'a1b2',
      '://a:',
      'sk-',
      '-',
      ' ',
      '\n',
      '0a1b2c3d'.repeat(4),
      '-us1',
      'abc8Q',
      '~',
    ),
    constantFrom('', '\u200b', '\u{e0041}', '\ufeff\u00ad'),
    constantFrom(0, 1, 60, 900, 2040, 4095, 4200),
  )
  assert(
    property(array(part, { minLength: 2, maxLength: 7 }), array(nat(9000), { maxLength: 10 }), (parts, cuts) => {
      const text = parts.map(([seen, unseen, count]) => seen + unseen.repeat(count)).join('')
      expect(scanPieces(inspector, cutAt(text, ...cuts))).toEqual([...scanPieces(inspector, [text])])
    }),
    { numRuns: RUNS },
  )
})
