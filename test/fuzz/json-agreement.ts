// What the strict reader accepts, other parsers read alike: the same values, order of keys, digits and places.
import { deepStrictEqual } from 'node:assert'
import * as fc from 'fast-check'
import JSON5 from 'json5'
import { JsonError } from '#lib/json-error.ts'
import type { JsonNode } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'
import { plainTree, readByAcorn, spansOf, treeOf, treeOfValue } from './parts/json-readings.ts'
import { jsonText } from './parts/json-text.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 60

export const target: FuzzTarget = {
  name: 'json-agreement',
  run(seed) {
    fc.assert(fc.property(jsonText, agree), { seed, numRuns: RUNS })
    return RUNS
  },
}

function agree(text: string): void {
  const node = readOrRefuse(text)
  if (node === undefined) return
  const tree = treeOf(node)
  const plain = plainTree(tree)
  deepStrictEqual(treeOfValue(JSON.parse(text)), plain)
  // Escaped beforehand: JSON5 prints a warning about either, every time.
  const quiet = text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  deepStrictEqual(treeOfValue(JSON5.parse(quiet)), plain)
  const acorn = readByAcorn(text)
  deepStrictEqual(acorn.tree, tree)
  deepStrictEqual(acorn.spans, spansOf(node))
}

function readOrRefuse(text: string): JsonNode | undefined {
  try {
    return readJson(Buffer.from(text))
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
