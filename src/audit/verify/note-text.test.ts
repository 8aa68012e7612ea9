import { expect, test } from 'bun:test'
import { readHash, readNote } from './note-text.ts'

const ROOT = 'XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg='
const LINE = '\u2014 a.example/x AAAAAAAA\n'

test('a checkpoint is taken apart, with what its log added to it', () => {
  const note = readNote(Buffer.from(`a.example/x\n8\n${ROOT}\nand more\n\n${LINE}`))
  expect(note).toMatchObject({ origin: 'a.example/x', size: 8, body: `a.example/x\n8\n${ROOT}\nand more\n` })
})

test('signatures of strangers are passed over, whatever form they have', () => {
  const strange = ['\u2014 w AAAAAAB=', '\u2014 a\ufeffb AAAAAAAA', `\u2014 ${'w'.repeat(600)} AAAAAAAA`].join('\n')
  const note = readNote(Buffer.from(`a.example/x\n8\n${ROOT}\n\n${strange}\n${LINE}`))
  expect(note).toMatchObject({ signatures: [{ name: 'a.example/x' }] })
})

test.each([
  [`x\n8\n${ROOT}\n\nmore\n\n${LINE}`, 'it has an empty line'],
  [`x\n8\n${ROOT}\n\n\u2014 w AAAA\n`, 'a signature line is malformed'],
  [`x\n8\n${ROOT}\n\n\u2014 w AAAAAA==\n`, 'a signature line is malformed'],
  ['', 'it has no signatures'],
  [`\n8\n${ROOT}\n\n${LINE}`, 'it has no origin'],
  [`x\n08\n${ROOT}\n\n${LINE}`, 'its size is no number'],
  [`x\n-1\n${ROOT}\n\n${LINE}`, 'its size is no number'],
  [`x\n1000000000000000\n${ROOT}\n\n${LINE}`, 'its size is no number'],
  [`x\n8\n${ROOT.replace('g=', 'h=')}\n\n${LINE}`, 'its root is no hash'],
  [`x\n8\n\n${LINE}`, 'its root is no hash'],
  [`x\n8\n${ROOT}\n\n${LINE.trimEnd()}`, 'it has no signatures'],
  [`x\n8\n${ROOT}\n\n- a AAAA\n`, 'a signature line is malformed'],
  [`x\n8\n${ROOT}\r\n\n${LINE}`, 'it has control characters'],
  [`x\n8\n${ROOT}\n\n${LINE.repeat(65)}`, 'it has too many signatures'],
  [`x\n8\n${ROOT}\n${'y'.repeat(65_536)}\n\n${LINE}`, 'it is too long'],
])('%j is none: %s', (text, why) => {
  expect(readNote(Buffer.from(text))).toBe(why)
})

test('what is not UTF-8 is none', () => {
  expect(readNote(Buffer.of(0x78, 0xff, 10, 10, 10))).toBe('it is not UTF-8')
})

test('a hash has one spelling', () => {
  expect(readHash(ROOT)?.length).toBe(32)
  expect(readHash(ROOT.replace('g=', 'h='))).toBeUndefined()
  expect(readHash(ROOT.slice(0, -1))).toBeUndefined()
})
