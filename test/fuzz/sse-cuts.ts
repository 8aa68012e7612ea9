// A stream of events means the same however it is cut, gives its bytes back, and reads as the standard's own steps read it.
import { deepStrictEqual, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import type { SseBlock } from '#lib/sse-block.ts'
import { sseReader } from '#lib/sse.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 100
const line = fc.constantFrom(
  'data: a',
  'data:b',
  'data',
  'data:',
  'data:  {"x":"ä😀"}',
  'event: e',
  'event',
  'id: 1',
  'id: \0',
  'retry: 20',
  'retry: x',
  ': ping',
  ':',
  'odd: x',
  '\ufeffdata: z',
  '',
)
const ending = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r\n', '\r')
const stream = fc
  .tuple(
    fc.constantFrom('', '', '\ufeff', '\ufeff\ufeff'),
    fc.array(fc.tuple(line, ending), { maxLength: 14 }),
    fc.constantFrom('', 'data: cut', '\ufeff'),
  )
  .map(([mark, lines, tail]) => mark + lines.flat().join('') + tail)

export const target: FuzzTarget = {
  name: 'sse-cuts',
  run(seed) {
    fc.assert(fc.property(stream, fc.array(fc.nat(), { maxLength: 6 }), judge), { seed, numRuns: RUNS })
    return RUNS
  },
}

function judge(text: string, places: readonly number[]): void {
  const bytes = Buffer.from(text)
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (left, right) => left - right,
  )
  const whole = read([bytes])
  deepStrictEqual(read(cuts.slice(1).map((cut, index) => Buffer.from(bytes.subarray(cuts[index], cut)))), whole)
  strictEqual(whole.bytes, text)
  deepStrictEqual(whole.dispatched, dispatchBySpecification(text))
}

interface Dispatched {
  readonly event: string
  readonly data: string
}

function read(chunks: readonly Uint8Array[]): {
  readonly bytes: string
  readonly dispatched: readonly Dispatched[]
  readonly raws: readonly string[]
} {
  const reader = sseReader()
  const blocks: SseBlock[] = []
  for (const chunk of chunks) blocks.push(...reader.feed(chunk))
  const { block, rest } = reader.finish()
  if (block) blocks.push(block)
  const dispatched: Dispatched[] = []
  for (const { data, event, raw, dataSpan } of blocks) {
    if (data === undefined) continue
    if (dataSpan) strictEqual(Buffer.from(raw.subarray(dataSpan.start, dataSpan.end)).toString(), data)
    dispatched.push({ event: event === undefined || event === '' ? 'message' : event, data })
  }
  const raws = blocks.map((each) => Buffer.from(each.raw).toString())
  return { bytes: raws.join('') + Buffer.from(rest).toString(), dispatched, raws }
}

/** The steps of WHATWG HTML, section 9.2.6, on the text as a whole. */
function dispatchBySpecification(text: string): readonly Dispatched[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  const dispatched: Dispatched[] = []
  let data = ''
  let event = ''
  for (const each of lines.slice(0, -1)) {
    if (each === '') {
      if (data !== '') dispatched.push({ event: event === '' ? 'message' : event, data: data.slice(0, -1) })
      data = ''
      event = ''
      continue
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(each) ?? []
    if (name === 'data') data += `${value}\n`
    if (name === 'event') event = value
  }
  return dispatched
}
