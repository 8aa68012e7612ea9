import { expect, test } from 'bun:test'
import { fakeInspector } from './scan.fixture.ts'
import { openText, type Place, type ScannedText } from './scan-text.ts'

function scanned(...pieces: readonly string[]): ScannedText {
  const text = openText(fakeInspector)
  for (const piece of pieces) text.push(piece)
  return text.finish()
}

const key = (line: number, column: number): Place => ({
  kind: 'fake-key',
  line,
  column,
  endLine: line,
  endColumn: column + 12,
})

test('lines and columns count from 1, and columns in UTF-16 units', () => {
  expect(scanned('key_aaaaaaaa\n  key_bbbbbbbb\r\n\n🙂 key_cccccccc')).toEqual({
    found: [key(1, 1), key(2, 3), key(4, 4)],
    allowed: 0,
  })
})

test('an empty text holds nothing', () => {
  expect(scanned()).toEqual({ found: [], allowed: 0 })
  expect(scanned('', '')).toEqual({ found: [], allowed: 0 })
})

test('what is handed on in parts is one finding, over as many lines as it has', () => {
  const block = { kind: 'fake-block', line: 2, column: 3, endLine: 4, endColumn: 7 }
  expect(scanned('one\n  <<<begin\nmiddle\nend>>> key_aaaaaaaa')).toEqual({ found: [block, key(4, 8)], allowed: 0 })
})

test.each([
  ['key_aaaaaaaa # sallyport:allow', 1],
  ['// sallyport:allow key_aaaaaaaa', 1],
  ['key_aaaaaaaa key_bbbbbbbb /* sallyport:allow: an example */', 2],
  ['key_aaaaaaaa <!--sallyport:allow-->', 0],
  ['key_aaaaaaaa # sallyport:allowed', 0],
  ['key_aaaaaaaa # sallyport:allow-list', 0],
  ['key_aaaaaaaa # Sallyport:Allow', 0],
  ['key_aaaaaaaa\n# sallyport:allow', 0],
  ['# sallyport:allow\nkey_aaaaaaaa', 0],
])('%j allows %d', (text, allowed) => {
  expect(scanned(text).allowed).toBe(allowed)
})

test('a line in the midst of a finding allows it, the one behind it does not', () => {
  expect(scanned('<<<\nsallyport:allow\n>>>')).toEqual({ found: [], allowed: 1 })
  expect(scanned('<<<\n>>>\nsallyport:allow').found.length).toBe(1)
})

test('what ends with a line feed does not stand on the line behind it', () => {
  const match = { start: 0, end: 4, kind: 'fake-line', continues: false }
  const text = openText({
    name: 'fake',
    heldBack: 100,
    isClean: () => false,
    open: () => ({
      push: () => ({ matches: [], settled: 0 }),
      finish: () => ({ matches: [match], settled: 19 }),
    }),
  })
  text.push('abc\nsallyport:allow')
  const place = { kind: 'fake-line', line: 1, column: 1, endLine: 2, endColumn: 1 }
  expect(text.finish()).toEqual({ found: [place], allowed: 0 })
})

const TEXT =
  'a\nkey_aaaaaaaa # sallyport:allow\n\nkey_bbbbbbbb # sallyport:allowed\n<<<x\ny\n>>>key_cccccccc\nsallyport:allow'
const ALL = {
  found: [key(4, 1), { kind: 'fake-block', line: 5, column: 1, endLine: 7, endColumn: 4 }, key(7, 4)],
  allowed: 1,
}

test('the same is found wherever the text is cut', () => {
  expect(scanned(TEXT)).toEqual(ALL)
  expect(scanned(...TEXT.split(''))).toEqual(ALL)
  for (let first = 0; first < TEXT.length; first++) {
    for (let second = first; second < TEXT.length; second += 7) {
      expect(scanned(TEXT.slice(0, first), TEXT.slice(first, second), TEXT.slice(second))).toEqual(ALL)
    }
  }
})

test('places stay right far into a long text', () => {
  const filler = `${'x'.repeat(99)}\n`.repeat(1000)
  const { found } = scanned(filler, filler, `  key_aaaaaaaa\n${filler}`, 'key_bbbbbbbb')
  expect(found).toEqual([key(2001, 3), key(3002, 1)])
})
