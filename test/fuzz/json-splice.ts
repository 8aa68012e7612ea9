// An unedited body leaves byte for byte; after a splice of one string, all other bytes are as they were.
import { deepStrictEqual, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { JsonError } from '#lib/json-error.ts'
import type { JsonNode, JsonString } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'
import { splice } from '#lib/splice.ts'
import { treeOf, type Tree } from './parts/json-readings.ts'
import { jsonText } from './parts/json-text.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 60
const newText = fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => text.isWellFormed())

export const target: FuzzTarget = {
  name: 'json-splice',
  run(seed) {
    fc.assert(fc.property(jsonText, fc.nat(), newText, keep), { seed, numRuns: RUNS })
    return RUNS
  },
}

function keep(text: string, choice: number, replacement: string): void {
  const body = Buffer.from(text)
  let root: JsonNode
  try {
    root = readJson(body)
  } catch (error) {
    if (error instanceof JsonError) return
    throw error
  }
  strictEqual(splice(body, []), body)
  strictEqual(body.toString(), text)
  const strings = stringsOf(root)
  const chosen = strings[choice % strings.length]
  if (chosen === undefined) return
  const { start, end } = chosen
  const edited = Buffer.from(splice(body, [{ start, end, with: Buffer.from(JSON.stringify(replacement)) }]))
  deepStrictEqual(edited.subarray(0, start), body.subarray(0, start))
  deepStrictEqual(edited.subarray(edited.length - (body.length - end)), body.subarray(end))
  deepStrictEqual(treeOf(readJson(edited)), replaceIn(root, chosen, replacement))
}

function stringsOf(node: JsonNode): readonly JsonString[] {
  if (node.kind === 'string') return [node]
  if (node.kind === 'array') return node.items.flatMap(stringsOf)
  return node.kind === 'object' ? node.members.flatMap(({ value }) => stringsOf(value)) : []
}

function replaceIn(node: JsonNode, chosen: JsonNode, text: string): Tree {
  if (node === chosen) return ['string', text]
  if (node.kind === 'array') return ['array', node.items.map((item) => replaceIn(item, chosen, text))]
  if (node.kind !== 'object') return treeOf(node)
  return ['object', node.members.map(({ key, value }) => [key, replaceIn(value, chosen, text)] as const)]
}
