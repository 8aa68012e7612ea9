import { expect, test } from 'bun:test'
import type { SseBlock } from './sse-block.ts'
import { SseError, sseReader, type SseLimits } from './sse.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const print = (raw: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw)

type Shown = Omit<SseBlock, 'raw'> & { readonly raw: string }
const show = (block: SseBlock): Shown => Object.assign({}, block, { raw: print(block.raw) })

interface Outcome {
  readonly blocks: readonly Shown[]
  readonly rest?: string
  readonly reason?: string
}

/** The stream's blocks with `raw` as text, what was left, and the error that ended it. */
function read(chunks: readonly Uint8Array[], limits?: SseLimits): Outcome {
  const reader = sseReader(limits)
  const blocks: SseBlock[] = []
  try {
    for (const chunk of chunks) for (const block of reader.feed(chunk)) blocks.push(block)
    const { block, rest } = reader.finish()
    if (block) blocks.push(block)
    return { blocks: blocks.map(show), rest: print(rest) }
  } catch (error) {
    if (!(error instanceof SseError)) throw error
    return { blocks: blocks.map(show), reason: error.reason }
  }
}

const readText = (text: string, limits?: SseLimits) => read([bytes(text)], limits)

test('an event has its fields, its bytes, and the place of its data', () => {
  expect(readText('event: delta\nid: 7\nretry: 250\ndata: {"a":1}\n\n')).toEqual({
    blocks: [
      {
        raw: 'event: delta\nid: 7\nretry: 250\ndata: {"a":1}\n\n',
        event: 'delta',
        id: '7',
        retry: 250,
        data: '{"a":1}',
        dataSpan: { start: 36, end: 43 },
      },
    ],
    rest: '',
  })
})

test('lines end in LF, CR or CRLF, also mixed', () => {
  for (const text of [
    'data: a\n\n',
    'data: a\r\r',
    'data: a\r\n\r\n',
    'data: a\r\n\n',
    'data: a\n\r\n',
    'data: a\r\n\r',
    'data: a\n\r',
  ]) {
    expect(readText(text)).toEqual({ blocks: [{ raw: text, data: 'a', dataSpan: { start: 6, end: 7 } }], rest: '' })
  }
})

test('several data lines are joined, and have no single place', () => {
  expect(readText('data: a\ndata\ndata:b\ndata:  c\n\n').blocks).toEqual([
    { raw: 'data: a\ndata\ndata:b\ndata:  c\n\n', data: 'a\n\nb\n c' },
  ])
})

test('an empty data line dispatches an empty event, no data line none', () => {
  expect(readText('data\n\nevent: x\n\n: ping\n\n\n').blocks).toEqual([
    { raw: 'data\n\n', data: '', dataSpan: { start: 4, end: 4 } },
    { raw: 'event: x\n\n', event: 'x' },
    { raw: ': ping\n\n' },
    { raw: '\n' },
  ])
})

test('comments and unknown fields stay in the bytes of their event', () => {
  expect(readText(': hi\nfoo: bar\nDATA: no\n data: no\ndata : no\ndata: yes\n\n').blocks).toEqual([
    {
      raw: ': hi\nfoo: bar\nDATA: no\n data: no\ndata : no\ndata: yes\n\n',
      data: 'yes',
      dataSpan: { start: 49, end: 52 },
    },
  ])
})

test('ids with NUL and retries that are no digits are ignored; the last field of a name counts', () => {
  expect(readText('id: a\0\nretry: 1s\nretry:\nevent: a\nevent: b\ndata:x:y\n\n').blocks).toEqual([
    {
      raw: 'id: a\0\nretry: 1s\nretry:\nevent: a\nevent: b\ndata:x:y\n\n',
      event: 'b',
      data: 'x:y',
      dataSpan: { start: 47, end: 50 },
    },
  ])
})

test('one byte order mark is skipped at the start of the stream, and kept in its bytes', () => {
  expect(readText('\ufeffdata: a\n\n\ufeffdata: b\n\n').blocks).toEqual([
    { raw: '\ufeffdata: a\n\n', data: 'a', dataSpan: { start: 9, end: 10 } },
    { raw: '\ufeffdata: b\n\n' },
  ])
  expect(readText('\ufeff\ndata: \ufeffa\n\n').blocks).toEqual([
    { raw: '\ufeff\n' },
    { raw: 'data: \ufeffa\n\n', data: '\ufeffa', dataSpan: { start: 6, end: 10 } },
  ])
  expect(readText('\n\ufeff\ndata: a\n\n').blocks.length).toBe(2)
})

test('what has no blank line behind it is left over', () => {
  expect(readText('data: a\n\ndata: b\n')).toMatchObject({ blocks: [{ data: 'a' }], rest: 'data: b\n' })
  expect(readText('data: a')).toEqual({ blocks: [], rest: 'data: a' })
  expect(readText('')).toEqual({ blocks: [], rest: '' })
})

test('an event is given as soon as its blank line is there', () => {
  const reader = sseReader()
  expect([...reader.feed(bytes('data: a\n\ndata: b'))].map((block) => block.data)).toEqual(['a'])
  expect([...reader.feed(bytes('\n'))]).toEqual([])
  expect([...reader.feed(bytes('\r\n'))].map((block) => block.data)).toEqual(['b'])
})

test('an event that is too long is refused, whole or not, and those before it are given', () => {
  expect(readText('data: 12\n\n', { maxBytes: 10 }).rest).toBe('')
  const refused = { blocks: [{ data: '1' }], reason: 'too-large' as const }
  expect(readText('data:1\n\ndata: 123\n\n', { maxBytes: 10 })).toMatchObject(refused)
  expect(readText('data:1\n\ndata: 12345', { maxBytes: 10 })).toMatchObject(refused)
  expect(read([bytes('x'.repeat(4_194_304))])).toMatchObject({ blocks: [] })
  expect(read([bytes('x'.repeat(4_194_305))])).toEqual({ blocks: [], reason: 'too-large' })
})

test('an event that is not UTF-8 is refused, and those before it are given', () => {
  const bad = Uint8Array.from([...bytes('data: a\n\ndata: '), 0xc3, 0x28, 0x0a, 0x0a])
  expect(read([bad])).toMatchObject({ blocks: [{ data: 'a' }], reason: 'invalid-utf8' })
})

test('after an error nothing more is read', () => {
  const reader = sseReader({ maxBytes: 4 })
  expect(() => [...reader.feed(bytes('data: a\n\n'))]).toThrow(SseError)
  expect(() => [...reader.feed(bytes('\n'))]).toThrow(SseError)
  expect(() => reader.finish()).toThrow(SseError)
})

const DOCUMENTS = [
  '\ufeffdata: {"é":"😀"}\n\n: ping\n\ndata: [DONE]\n\n',
  'event: a\r\ndata: 1\r\ndata: 2\r\n\r\n\r\nid: 3\r\ndata\r\n\r\n',
  'data: a\r\rdata: b\r\r\r\ndata: c\n\r\n\r',
  'retry: 10\n\ndata: cut off\r',
]

test('events and bytes are the same wherever the stream is cut', () => {
  for (const document of DOCUMENTS) {
    const stream = bytes(document)
    const whole = read([stream])
    expect(whole.blocks.map((block) => block.raw).join('') + whole.rest).toBe(document)
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(read([stream.slice(0, cut), stream.slice(cut)])).toEqual(whole)
    }
    expect(read(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(whole)
  }
})

test('a block keeps its bytes while the stream goes on', () => {
  const reader = sseReader()
  const blocks: SseBlock[] = []
  for (let index = 0; index < 2000; index++) {
    const event = bytes(`data: ${index}\n\n`)
    for (const part of [event.slice(0, 3), event.slice(3)]) blocks.push(...reader.feed(part))
  }
  expect(blocks.length).toBe(2000)
  expect(blocks.every((block, index) => print(block.raw) === `data: ${index}\n\n`)).toBe(true)
})
