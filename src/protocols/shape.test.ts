import { describe, expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { readJson } from '#lib/json.ts'
import {
  anyObject,
  anything,
  arrayOf,
  boolean,
  either,
  integer,
  mapOf,
  notServed,
  nullable,
  number,
  object,
  type Obscure,
  oneOf,
  type Shape,
  tagged,
  text,
  textOfAtMost,
  unknownType,
  watched,
  within,
  watchedUnlessPlain,
} from './shape.ts'

/** `ok`, `ok, unknown: …`, or the field at fault and what was expected of it. */
function judge(shape: Shape, json: string): string {
  const unknown: string[] = []
  const obscure: Obscure[] = []
  try {
    shape(readJson(new TextEncoder().encode(json)), '', { unknown, obscure })
    const noted = unknown.length === 0 ? 'ok' : `ok, unknown: ${unknown.join(' ')}`
    const shown = obscure.map(({ at, ids }) => [at, ...ids.map(({ field, id }) => `${field}=${id}`)].join('|'))
    return obscure.length === 0 ? noted : `${noted}, obscure: ${shown.join(' ')}`
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    expect(error.reason).toBe('invalid_field')
    return `${error.detail.field ?? '(body)'}: ${error.message}`
  }
}

test('values of one kind', () => {
  expect(judge(text, '"a"')).toBe('ok')
  expect(judge(text, '1')).toBe('(body): The body must be a string.')
  expect(judge(boolean, 'false')).toBe('ok')
  expect(judge(boolean, '"true"')).toBe('(body): The body must be true or false.')
  expect(judge(anyObject, '{}')).toBe('ok')
  expect(judge(anyObject, '[]')).toBe('(body): The body must be an object.')
  expect(judge(anything, '[{"a":[null]}]')).toBe('ok')
  expect(judge(nullable(text), 'null')).toBe('ok')
  expect(judge(nullable(text), '0')).toBe('(body): The body must be a string.')
})

test('numbers have bounds, and integers are written as such', () => {
  const half = number(0, 2)
  for (const good of ['0', '2', '1.5', '1e0', '-0']) expect([good, judge(half, good)]).toEqual([good, 'ok'])
  for (const bad of ['2.0001', '-0.1', '"1"', 'null', 'true']) {
    expect([bad, judge(half, bad)]).toEqual([bad, '(body): The body must be a number from 0 to 2.'])
  }
  const few = integer(1, 128)
  for (const good of ['1', '128']) expect([good, judge(few, good)]).toEqual([good, 'ok'])
  for (const bad of ['0', '129', '1.0', '1e1', '1.5', '"1"', 'null']) {
    expect([bad, judge(few, bad)]).toEqual([bad, '(body): The body must be an integer from 1 to 128.'])
  }
})

test('one of some words', () => {
  const detail = object({ detail: oneOf('low', 'high') })
  expect(judge(detail, '{"detail":"low"}')).toBe('ok')
  expect(judge(detail, '{"detail":"Low"}')).toBe('detail: `detail` must be one of "low", "high".')
  expect(judge(detail, '{"detail":1}')).toBe('detail: `detail` must be one of "low", "high".')
})

describe('objects', () => {
  const shape = object({ 'model!': text, top: number(0, 1), inner: object({ 'name!': text, list: arrayOf(boolean) }) })

  test('name what is missing or wrong by its path', () => {
    expect(judge(shape, '{"model":"m"}')).toBe('ok')
    expect(judge(shape, '{}')).toBe('model: `model` is required.')
    expect(judge(shape, '{"model":"m","inner":{}}')).toBe('inner.name: `inner.name` is required.')
    expect(judge(shape, '{"model":"m","inner":{"name":"n","list":[true,0]}}')).toBe(
      'inner.list[1]: `inner.list[1]` must be true or false.',
    )
    expect(judge(shape, '[]')).toBe('(body): The body must be an object.')
  })

  test('note what they do not know, and go on', () => {
    expect(judge(shape, '{"model":"m","x":1,"inner":{"name":"n","y":{"z":1}}}')).toBe('ok, unknown: x inner.y')
    expect(judge(shape, '{"model":"m","__proto__":1,"constructor":2,"model!":3}')).toBe(
      'ok, unknown: __proto__ constructor model!',
    )
  })

  test('refuse a known name in another case', () => {
    expect(judge(shape, '{"model":"m","TOP":1}')).toBe(
      'TOP: `TOP` differs from `top` only in case: some parsers read them as one. Write `top`.',
    )
    expect(judge(shape, '{"model":"m","inner":{"name":"n","Name":"x"}}')).toStartWith('inner.Name: ')
    // U+017F and U+212A fold to s and k.
    expect(judge(object({ stop: text, 'key!': text }), '{"key":"k","\u017ftop":"x"}')).toStartWith('\u017ftop: ')
    expect(judge(object({ stop: text, 'key!': text }), '{"key":"k","\u212aey":"x"}')).toStartWith('\u212aey: ')
  })

  test('refuse a known name whose words are joined otherwise', () => {
    const joined = object({ max_tokens: text, user: text, 'tool-choice': text })
    expect(judge(joined, '{"maxTokens":"x"}')).toBe(
      'maxTokens: `maxTokens` is another spelling of `max_tokens`: some parsers read them as one. Write `max_tokens`.',
    )
    for (const key of [
      'MaxTokens',
      'max-tokens',
      'maxtokens',
      'MAX-TOKENS',
      'max_Tokens',
      'm_a_x_t_o_k_e_n_s',
      'toolChoice',
      'u_ser',
    ]) {
      expect([key, judge(joined, `{"${key}":"x"}`).split(':')[0]]).toEqual([key, key])
    }
    expect(judge(joined, '{"max tokens":"x","maxToken":"x","_":"x","":"x"}')).toStartWith('ok, unknown: ')
    expect(judge(object({ meta: mapOf(text, 9, 64), max_tokens: text }), '{"meta":{"maxTokens":"x"}}')).toBe('ok')
    const unknown = tagged('type', { text }, unknownType({ type: [], file_id: [], image_url: ['file_id'] }))
    expect(judge(unknown, '{"type":"zzz","fileId":"x"}')).toStartWith('fileId: ')
    expect(judge(unknown, '{"type":"zzz","image_url":{"fileId":"x"}}')).toStartWith('image_url.fileId: ')
  })

  test('compare no name with theirs that is longer than all of these', () => {
    const many = Array.from({ length: 200 }, (_, n) => `"${'aA'.repeat(100_000)}${n}":1`).join(',')
    const began = performance.now()
    expect(judge(shape, `{"model":"m",${many}}`)).toStartWith('ok, unknown: aAaA')
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  test('list 32 unknown fields, and that there are more', () => {
    const body = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`x${n}`, 1])))
    const listed = (count: number) => judge(object({}), body(count)).split(' ').slice(2)
    expect(listed(32)).toHaveLength(32)
    expect(listed(32).at(-1)).toBe('x31')
    expect(listed(33).slice(-2)).toEqual(['x31', '…'])
    expect(listed(500)).toHaveLength(33)
  })
})

test('a long name is shown in part', () => {
  expect(within('', 'a'.repeat(64))).toBe('a'.repeat(64))
  expect(within('in', 'a'.repeat(65))).toBe('in.aaaaaaaa…')
})

test('a text has a greatest length, in characters rather than halves of them', () => {
  expect(judge(textOfAtMost(3), '"abc"')).toBe('ok')
  expect(judge(textOfAtMost(3), '"😀😀😀"')).toBe('ok')
  for (const bad of ['"abcd"', '"😀😀😀😀"', '"abcdefgh"', 'null']) {
    expect([bad, judge(textOfAtMost(3), bad)]).toEqual([
      bad,
      '(body): The body must be a string of at most 3 characters.',
    ])
  }
})

test('what is known and not served says why', () => {
  const shape = object({ plugins: notServed('would make the provider act') })
  expect(judge(shape, '{}')).toBe('ok')
  expect(() => shape(readJson(Buffer.from('{"plugins":null}')), '', { unknown: [], obscure: [] })).toThrow(
    '`plugins` would make the provider act, and is not served here; leave it out.',
  )
})

test('what is watched is obscure where any of it is unknown', () => {
  const shape = arrayOf(watched(object({ a: text, inner: object({ b: text }) })))
  expect(judge(shape, '[{"a":"x","inner":{"b":"y"}}]')).toBe('ok')
  expect(judge(shape, '[{"a":"x"},{"inner":{"c":1}},{"d":2}]')).toBe('ok, unknown: [1].inner.c [2].d, obscure: [1] [2]')
})

test('what is obscure is so by itself: neither what holds it, nor what of it is known', () => {
  const part = watched(object({ file_id: text, inner: object({ b: text }) }))
  const shape = watched(object({ id: text, parts: arrayOf(part) }))
  expect(judge(shape, '{"id":"i","parts":[{"file_id":"f","inner":{"file_id":"g"},"ids":["h",{"a_id":"j"}]}]}')).toBe(
    'ok, unknown: parts[0].inner.file_id parts[0].ids, obscure: parts[0]|parts[0].inner.file_id=g|parts[0].ids[0]=h|parts[0].ids[1].a_id=j',
  )
  expect(judge(shape, '{"id":"i","parts":[{}],"x":{"container":"c"}}')).toBe('ok, unknown: x, obscure: |x.container=c')
  const unknown = watched(tagged('type', { text }, unknownType({ type: [] })))
  expect(judge(unknown, '{"type":"zzz","id":"i","call_id":"c"}')).toBe('ok, unknown: type, obscure: |id=i')
})

test('behind many unknown fields one is as obscure as the first', () => {
  const shape = object({ parts: arrayOf(watched(object({}))), last: watched(object({})) })
  const parts = Array.from({ length: 40 }, () => '{"x":1}').join(',')
  expect(judge(shape, `{"parts":[${parts}],"last":{"y_id":"z"}}`)).toEndWith(' last|last.y_id=z')
})

test('arrays, maps and alternatives', () => {
  expect(judge(arrayOf(text, 1), '[]')).toBe('(body): The body must be an array of at least 1.')
  expect(judge(arrayOf(text), '{}')).toBe('(body): The body must be an array.')
  expect(judge(mapOf(number(-1, 1), 2, 3), '{"a":1,"b":2}')).toBe('b: `b` must be a number from -1 to 1.')
  expect(judge(mapOf(text, 2, 3), '[]')).toBe('(body): The body must be an object.')
  expect(judge(mapOf(text, 2, 3), '{"a":"","bbb":""}')).toBe('ok')
  expect(judge(mapOf(text, 2, 3), '{"a":"","b":"","c":""}')).toBe(
    '(body): The body must be an object of at most 2 names.',
  )
  expect(judge(mapOf(text, 2, 3), '{"aaaa":""}')).toBe(
    '(body): The body must be an object whose names have at most 3 characters.',
  )
  const content = either('a string or an array', { string: text, array: arrayOf(text) })
  expect(judge(content, '"a"')).toBe('ok')
  expect(judge(content, '["a"]')).toBe('ok')
  expect(judge(content, 'null')).toBe('(body): The body must be a string or an array.')
})

describe('objects told apart by a field', () => {
  const part = tagged(
    'type',
    { text: object({ 'type!': text, 'text!': text }) },
    unknownType({ type: [], text: [], image_url: ['url'] }),
  )

  test('are read by the shape of their type', () => {
    expect(judge(part, '{"type":"text","text":"a"}')).toBe('ok')
    expect(judge(part, '{"type":"text"}')).toBe('text: `text` is required.')
    expect(judge(part, '{"type":1}')).toBe('type: `type` must be one of "text".')
    expect(judge(part, '{}')).toBe('type: `type` must be one of "text".')
    expect(judge(part, '"text"')).toBe('(body): The body must be an object.')
  })

  test('are noted whole where their type is not known, or refused where it must be', () => {
    expect(judge(arrayOf(part), '[{"type":"video","x":1}]')).toBe('ok, unknown: [0].type')
    expect(judge(tagged('type', { text }), '{"type":"video"}')).toBe('type: `type` must be one of "text".')
    expect(judge(part, '{"type":"__proto__"}')).toBe('ok, unknown: type')
  })

  test('are refused where a name is a known one in another case, one level down too', () => {
    expect(judge(part, '{"type":"zzz","Type":"text"}')).toStartWith('Type: `Type` differs from `type` only in case')
    expect(judge(part, '{"type":"zzz","Image_url":{}}')).toStartWith('Image_url: ')
    expect(judge(part, '{"type":"zzz","image_url":{"URL":"x"}}')).toStartWith('image_url.URL: ')
    expect(judge(part, '{"type":"zzz","image_url":{"url":"x"},"text":"x","other":{"URL":1}}')).toBe('ok, unknown: type')
  })
})

test('of a message, unknown words, numbers and flags are noted and make nothing obscure; all else does', () => {
  const message = watchedUnlessPlain(object({ 'role!': text }))
  const obscure = (more: object): number => {
    const notes = { unknown: [], obscure: [] }
    message(readJson(Buffer.from(JSON.stringify({ role: 'user', ...more }))), 'messages[0]', notes)
    expect(notes.unknown).toHaveLength(1)
    return notes.obscure.length
  }
  for (const plain of [{ mood: 'calm' }, { prefix: true }, { weight: 2 }, { partial: null }])
    expect(obscure(plain)).toBe(0)
  const others = [
    { images: ['a'] },
    { look: 'https://a' },
    { file_id: 'f' },
    { extra: {} },
    { path: 'a' },
    { imageUrl: 'x:y' },
  ]
  for (const other of others) expect(obscure(other)).toBe(1)
})
