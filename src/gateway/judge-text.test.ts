import { describe, expect, test } from 'bun:test'
import type { Text, TextRole } from '#access/text.ts'
import { redact } from '#protocols/texts.ts'
import { markedSecrets, SECRET } from './inspector.fixture.ts'
import { finished, judge } from './judge-text.ts'

const text = (value: string, role: TextRole = 'text', label?: string): Text => ({
  place: '/here',
  value,
  role,
  ...(label === undefined ? {} : { label }),
  edits: () => [],
})

const judged = (of: Text) => finished(judge(of, markedSecrets))
const left = (of: Text): string => redact(of.value, judged(of).redactions)

test('plain text loses what was found, and nothing else', () => {
  expect(left(text(`äöü ${SECRET} 😀 ${SECRET}!`))).toBe('äöü [redacted: marked-secret] 😀 [redacted: marked-secret]!')
  expect(judged(text('nothing')).found).toEqual([])
})

test('coverage counts bytes of UTF-8, all of them read', () => {
  expect(judged(text('äö'))).toMatchObject({ seen: 4, of: 4 })
})

test('a text longer than one step is judged as one', () => {
  const long = `${'x'.repeat(64 * 1024 - 4)}${SECRET} end`
  expect(left(text(long))).toBe(`${'x'.repeat(64 * 1024 - 4)}[redacted: marked-secret] end`)
})

test('a label is context, and never part of what is redacted', () => {
  expect(left(text(SECRET, 'text', 'password'))).toBe('[redacted: marked-secret]')
  expect(left(text('abcdefgh', 'text', 'sk_'))).toBe('abcdefgh')
})

describe('a JSON document in a string', () => {
  test('is judged value by value, names too, and stays JSON', () => {
    const document = text(`{"a":["${SECRET}",1],"${SECRET}":{"b":"x"}}`, 'json')
    expect(left(document)).toBe('{"a":["[redacted: marked-secret]",1],"[redacted: marked-secret]":{"b":"x"}}')
    expect(judged(document).found).toEqual([
      { kind: 'marked-secret', place: '/here/a/0' },
      { kind: 'marked-secret', place: '/here/*' },
    ])
  })

  test('is read through its escapes', () => {
    expect(left(text('{"a":"sk_\\u0061bcdefgh"}', 'json'))).toBe('{"a":"[redacted: marked-secret]"}')
  })

  test('that is none is judged as text', () => {
    expect(left(text(`{"a": ${SECRET}`, 'json'))).toBe('{"a": [redacted: marked-secret]')
  })
})

test('signed text is read, and gets no redaction', () => {
  expect(judged(text(SECRET, 'signed'))).toMatchObject({ redactions: [], editable: false, seen: 11, of: 11 })
  expect(judged(text(SECRET, 'signed')).found).toHaveLength(1)
})

test('what is encrypted is read by nobody', () => {
  const sealed = `${SECRET}${'a'.repeat(60)}`
  expect(judged(text(sealed, 'sealed'))).toEqual({ found: [], redactions: [], editable: true, seen: 0, of: 71 })
  expect(judged(text('[1, 2]', 'sealed'))).toEqual({ found: [], redactions: [], editable: true, seen: 0, of: 6 })
})

test('what stands in the open in its place is found, and cannot be taken out', () => {
  expect(judged(text(SECRET, 'sealed'))).toEqual({
    found: [{ kind: 'marked-secret', place: '/here' }],
    redactions: [],
    editable: false,
    seen: 0,
    of: 11,
  })
})

describe('base64', () => {
  const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64')

  test('of a text is judged by that text, and cannot be edited', () => {
    const media = text(`data:text/plain;base64,${base64(`It is ${SECRET}`)}`, 'media')
    expect(judged(media)).toMatchObject({ found: [{ kind: 'marked-secret', place: '/here' }], editable: false })
    expect(judged(text(base64(SECRET), 'media')).found).toHaveLength(1)
  })

  test('of bytes that are no text counts as not seen, though what stands in them is found', () => {
    const picture = Buffer.concat([Buffer.from([0x89, 0x50, 0xff, 0xfe]), Buffer.from(SECRET), Buffer.from([0xff])])
    expect(judged(text(base64(picture), 'media'))).toMatchObject({ seen: 0, of: 24 })
    expect(judged(text(base64(picture), 'media')).found).toHaveLength(1)
    expect(judged(text(base64(Buffer.from([0xff, 0xfe, 0xfd])), 'media'))).toMatchObject({ found: [], seen: 0, of: 4 })
  })

  test('what stands before the content of a data URL is read, too', () => {
    expect(judged(text(`data:text/plain;note=${SECRET};base64,AAAA`, 'media')).found).toHaveLength(1)
  })

  test('of packed numbers counts as read, by its writing alone', () => {
    expect(judged(text('AACAPwAAAEA=', 'numbers'))).toMatchObject({ found: [], seen: 12, of: 12 })
    expect(judged(text(SECRET, 'numbers')).found).toHaveLength(1)
  })

  test.each([
    ['spaces round base64', `data:text/plain; base64 ,${base64(SECRET)}`],
    [
      'two bytes a character',
      `data:text/plain;charset=utf-16le;base64,${Buffer.from(SECRET, 'utf16le').toString('base64')}`,
    ],
    ['a broken escape', `data:text/plain,${SECRET}%`],
    ['the secret itself in its place', SECRET],
  ])('%s hides nothing', (_name, value) => {
    expect(judged(text(value, 'media')).found.length).toBeGreaterThan(0)
  })

  test('bytes with NULs are no text that was read', () => {
    expect(judged(text(base64(Buffer.from([0x61, 0, 0x62, 0])), 'media'))).toMatchObject({ seen: 0, of: 8 })
  })

  test('a data URL without base64 is percent-encoded text', () => {
    expect(judged(text('data:,sk%5Fabcdefgh', 'media')).found).toHaveLength(1)
  })
})

test('it can be taken step by step', () => {
  const steps = judge(text('x'.repeat(200_000)), markedSecrets)
  let turns = 0
  while (steps.next().done !== true) turns++
  expect(turns).toBe(4)
})
