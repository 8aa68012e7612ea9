import { expect, test } from 'bun:test'
import { JsonError } from './json-error.ts'
import { type JsonNode, member, textOf } from './json-node.ts'
import { readJson } from './json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function inside(node: JsonNode): string {
  const value = member(node, 'value')
  if (value?.kind !== 'string') throw new Error('no string')
  return textOf(value)
}

// Long bodies are read by their characters from 256 plain bytes on; these lengths stand around every such bound.
const LENGTHS = [0, 1, 200, 255, 256, 257, 300, 1022, 1023, 1024, 1025, 5000, 20_000]

test('a string of any length comes out as it went in, whatever stands in it and behind it', () => {
  for (const length of LENGTHS)
    for (const middle of ['', '"', '\\', '\n', '\x7f', 'é', '\u2028', '😀', '\u0000'])
      for (const filler of ['', 'x'.repeat(5000), 'é'.repeat(3000)]) {
        const value = `${'a'.repeat(length)}${middle}${'b'.repeat(length)}`
        const root = readJson(bytes(JSON.stringify({ before: filler, value, after: filler })))
        expect(inside(root) === value).toBe(true)
        expect(member(root, 'after')?.kind).toBe('string')
      }
})

test('a control character is found wherever it stands in a long string, and no other is taken for one', () => {
  const filler = 'x'.repeat(5000)
  for (const length of LENGTHS)
    for (let code = 0; code < 256; code++) {
      const text = `{"filler":"${filler}","value":"${'a'.repeat(length)}${String.fromCharCode(code)}b"}`
      const refused = refusal(text)
      const expected = code < 32 ? 'control-character' : code === 34 ? 'unexpected-byte' : undefined
      expect([length, code, refused?.reason]).toEqual([length, code, expected])
      if (code < 32) expect(refused?.offset).toBe(5022 + length)
    }
})

test("a long string that does not end is refused at the body's end", () => {
  const text = `{"value":"${'a'.repeat(9000)}`
  expect(refusal(text)?.reason).toBe('unexpected-end')
  expect(refusal(text)?.offset).toBe(9010)
})

function refusal(text: string): JsonError | undefined {
  try {
    readJson(bytes(text))
    return undefined
  } catch (error) {
    if (error instanceof JsonError) return error
    throw error
  }
}
