import { describe, expect, test } from 'bun:test'
import { credentialsInspector, scanText, scoreOf } from './credentials.ts'
import { scanPieces } from './scan.fixture.ts'

const SECRET = 'Zk7/secret+of?the gate'
const ID = ['AKIA', '9QX4T7WM2KD5R8BN'].join('')
const secrets = [{ kind: 'gate-secret', value: SECRET }]
const inspector = credentialsInspector({ secrets: () => secrets })
const found = (text: string): readonly string[] =>
  scanPieces(inspector, [text]).map(({ start, end, kind }) => `${kind} ${text.slice(start, end)}`)

describe('a secret that the gate holds is found', () => {
  test('as it is, in the middle of a word', () => {
    expect(found(`ab${SECRET}cd`)).toEqual(['gate-secret Zk7/secret+of?the gate'])
  })
  test('percent-encoded, in part or in full, in either case', () => {
    expect(found('q=Zk7%2Fsecret%2Bof%3Fthe%20gate&x')).toEqual(['gate-secret Zk7%2Fsecret%2Bof%3Fthe%20gate'])
    expect(found('q=Zk7%2fsecret%2bof%3fthe+gate&x')).toEqual(['gate-secret Zk7%2fsecret%2bof%3fthe+gate'])
    const full = Buffer.from(SECRET).toString('hex').replace(/../g, '%$&')
    expect(found(`x${full}y`)).toEqual([`gate-secret ${full}`])
    expect(found(`x${full.toUpperCase()}y`)).toEqual([`gate-secret ${full.toUpperCase()}`])
  })
  test('in hexadecimal, in either case', () => {
    const digits = Buffer.from(SECRET).toString('hex')
    expect(found(`0x${digits}0`)).toEqual([`gate-secret ${digits}`])
    expect(found(`0x${digits.toUpperCase()}0`)).toEqual([`gate-secret ${digits.toUpperCase()}`])
  })
  test.each([0, 1, 2, 3])('in base64 of either alphabet, with %i bytes before it', (before) => {
    const bytes = Buffer.from(`${'\u00ff'.repeat(before)}${SECRET}\u00fe\u00ff`, 'latin1')
    for (const form of ['base64', 'base64url'] as const) expect(found(bytes.toString(form)).length).toBe(1)
  })
  test.each(['\n', '\r\n', '\\n', '\n  '])('in base64 and hexadecimal with %j between its characters', (broken) => {
    for (const form of ['base64', 'hex'] as const) {
      const text = Buffer.from(SECRET)
        .toString(form)
        .replace(/={0,2}$/, '')
      const lines = `${text.slice(0, 9)}${broken}${text.slice(9, 20)}${broken}${text.slice(20)}`
      expect(found(`x ${lines} y`)[0]?.length).toBeGreaterThan(`gate-secret ${lines}`.length - 2)
    }
  })
  test('with characters between that nobody sees', () => {
    expect(found(SECRET.split('').join('\u200b')).length).toBe(1)
  })
})

test('what is shorter than eight characters is not looked for', () => {
  const short = credentialsInspector({ secrets: () => [{ kind: 'gate-secret', value: 'abcdefg' }] })
  expect(scanPieces(short, ['the abcdefg of it'])).toEqual([])
})

test('a new array of secrets is looked for from the next text on', () => {
  let current = [{ kind: 'gate-secret', value: 'first-secret' }]
  const rotating = credentialsInspector({ secrets: () => current })
  expect(scanPieces(rotating, ['first-secret second-secret'])).toEqual([{ start: 0, end: 12, kind: 'gate-secret' }])
  current = [{ kind: 'gate-secret', value: 'second-secret' }]
  expect(scanPieces(rotating, ['first-secret second-secret'])).toEqual([{ start: 13, end: 26, kind: 'gate-secret' }])
})

describe('nothing hides a credential', () => {
  test.each(['\u200b', '\u2060', '\ufeff', '\u00ad', '\u202e', '\ufe0f', '\u180e', '\u{e0061}'])(
    'not %j between its characters',
    (unseen) => {
      const text = `id ${ID.split('').join(unseen)} end`
      expect(scanText(text)).toEqual([{ start: 3, end: text.length - 4, kind: 'aws-access-key', continues: false }])
    },
  )
  test('not full-width letters', () => {
    const wide = ID.split('')
      .map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
      .join('')
    expect(scanText(wide)).toEqual([{ start: 0, end: 20, kind: 'aws-access-key', continues: false }])
  })
})

test('plain prose is settled as it comes', () => {
  const lane = inspector.open()
  let length = 0
  for (const piece of ['Our', ' own', ' rotation', ' policy', ' requires', ' ninety', ' days']) {
    length += piece.length
    expect(lane.push(piece)).toEqual({ matches: [], settled: length })
  }
})

test('a long key is given by segments, as soon as it is certain', () => {
  const lane = inspector.open()
  lane.push(`${'-'.repeat(5)}BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkq'.repeat(4)}\n`)
  const { matches, settled } = lane.push(`${'hkiG9w0BAQEFAASC'.repeat(4)}\n`)
  expect(matches).toEqual([{ start: 93, end: 158, kind: 'private-key', continues: true }])
  expect(settled).toBe(158)
})

test.each([
  'commit 7b849d143541edcc757ece110bfe1144f4c491a6',
  'Order 6c2faefb-5643-40b9-bb24-609af61c2e4f has shipped',
  '"integrity": "sha512-NCrCHhWmnQklfH4MtJMRjZ2a8c80qXeMlQMv2uVp9ISJMTt562SbGd6n2oq0PaPgKm7Z6pL9E2UlLIhC+SHL3w=="',
  'api_key = "your-api-key"',
  'password: ${DB_PASSWORD}',
  'token = os.environ["TOKEN"]',
  'const token = getToken()',
  'max_tokens: 4096',
  'next_page_token=5PZK7DFf0UCGInIK0UiZR+bhoHeSGuar',
  'Please reset my password, I forgot it.',
])('%j holds no credential', (text) => {
  expect(scanText(text)).toEqual([])
})

test.each(['fake_api_key', 'dummyToken', 'INVALID_SECRET', 'non-secret', 'wrong_access_key'])(
  'a value that is strong by itself counts, although %s denies it',
  (name) => {
    expect(scanText(`${name} = "k3Xw9RtB7mQz2LpV5nHc8JdY"`).length).toBe(1)
    expect(scanText(`${name} = "abc-123-def-456"`)).toEqual([])
  },
)

test('scores are certain for formats, graded beside names, and low for prose', () => {
  expect(scoreOf(ID)).toBe(0.95)
  expect(scoreOf('api_key = "k3Xw9RtB7mQz2LpV5nHc"')).toBeGreaterThanOrEqual(0.5)
  expect(scoreOf('api_key = "your-api-key"')).toBe(0.1)
  expect(scoreOf('A sentence.')).toBe(0)
})
