import { describe, expect, test } from 'bun:test'
import { readJson } from '#lib/json.ts'
import { splice } from '#lib/splice.ts'
import { ALL_FREE, textsOf } from './texts.ts'

const bytes = (json: string): Uint8Array => new TextEncoder().encode(json)

/** Every text that holds `secret` loses it, up to the number behind it. */
function redacted(json: string): string {
  const edits = [...textsOf(readJson(bytes(json)), ALL_FREE)].flatMap((each) => {
    const found = /secret-\d+/.exec(each.value)
    return found ? each.edits([{ start: found.index, end: found.index + found[0].length, with: '[gone]' }]) : []
  })
  return new TextDecoder().decode(splice(bytes(json), edits))
}

describe('names out of which something is taken', () => {
  test('stay names apart within one object, and are counted in each object anew', () => {
    expect(redacted('{"secret-1":1,"secret-2":2,"my secret-3":3,"in":{"secret-4":4,"secret-5":5}}')).toBe(
      '{"[gone]":1,"[gone] 2":2,"my [gone]":3,"in":{"[gone]":4,"[gone] 2":5}}',
    )
  })

  test('do not become a name that stands there', () => {
    expect(redacted('{"secret-1":1,"[gone]":2,"[gone] 2":3,"secret-2":4}')).toBe(
      '{"[gone] 3":1,"[gone]":2,"[gone] 2":3,"[gone] 4":4}',
    )
  })

  test('are called the same however often it is asked for', () => {
    const [first] = textsOf(readJson(bytes('{"secret-1":1}')), ALL_FREE)
    const ask = () => new TextDecoder().decode(first?.edits([{ start: 0, end: 8, with: '[gone]' }])[0]?.with)
    expect([ask(), ask()]).toEqual(['"[gone]"', '"[gone]"'])
  })
})
