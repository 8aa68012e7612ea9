// The signatures here were made with OpenSSL, from the key of RFC 8032 section 7.1, test 1.
import { expect, test } from 'bun:test'
import { cosignedAt, readWitnessKey } from './cosignature.ts'
import { readNote } from './note-text.ts'

const KEY = 'witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea'
const BODY = 'example.com/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n'
const CODED = '63YswgAAAABpVzSwtxmpfNjnQQ19C1mL+Iw1Epqie4SAVn6RJE9CaMy66QfuVZcogoKlqR2YxcU8H3pt7lzRhOnYyrHOvUWmpQXvBQ=='
const LINE = `\u2014 witness.example/w1 ${CODED}\n`

function judged(text: string) {
  const [key, note] = [readWitnessKey(KEY), readNote(Buffer.from(text))]
  return !key || typeof note === 'string' ? note : cosignedAt(note, key)
}

/** With the eight bytes of its time, or what follows them, changed. */
function edited(change: (bytes: Buffer) => Buffer): string {
  return `\u2014 witness.example/w1 ${change(Buffer.from(CODED, 'base64')).toString('base64')}\n`
}

test('a cosignature made by OpenSSL holds, and says when', () => {
  expect(judged(`${BODY}\n${LINE}`)).toBe(1767322800)
})

test('lines of other keys and names do not matter', () => {
  const stranger =
    '\u2014 example.com/log AAAAAAAA\n\u2014 witness.example/w2 63YswgAA\n\u2014 witness.example/w1 AAAAAAAA\n'
  expect(judged(`${BODY}\n${stranger}${LINE}`)).toBe(1767322800)
  expect(judged(`${BODY}\n${stranger}`)).toBe('unsigned')
})

test('another text, another time and no time are no cosignature', () => {
  expect(judged(`${BODY.replace('8', '9')}\n${LINE}`)).toBe('forged')
  expect(judged(`${BODY}\n${edited((bytes) => Buffer.from(bytes.fill(1, 11, 12)))}`)).toBe('forged')
  expect(judged(`${BODY}\n${edited((bytes) => Buffer.from(bytes.fill(0, 4, 12)))}`)).toBe('forged')
  expect(judged(`${BODY}\n${edited((bytes) => bytes.subarray(0, 75))}`)).toBe('forged')
  expect(judged(`${BODY}\n${edited((bytes) => Buffer.from(bytes.fill(255, 4, 12)))}`)).toBe('forged')
})

test('one that holds does not make up for one that does not', () => {
  expect(judged(`${BODY}\n${LINE}${edited((bytes) => Buffer.from(bytes.fill(0, 40)))}`)).toBe('forged')
})

test('a key of another type, or under another name, is none of a witness', () => {
  expect(readWitnessKey(KEY)?.name).toBe('witness.example/w1')
  expect(readWitnessKey(KEY.replace('w1', 'w2'))).toBeUndefined()
  expect(readWitnessKey(KEY.replace('+BNda', '+AdNa'))).toBeUndefined()
  expect(readWitnessKey('')).toBeUndefined()
})
