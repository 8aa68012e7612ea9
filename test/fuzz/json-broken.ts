// Broken bytes: the strict reader throws JsonError alone, accepts nothing that JSON.parse refuses, and refuses of what
// JSON.parse accepts only what it names.
import { deepStrictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { JsonError, type JsonReason } from '#lib/json-error.ts'
import { readJson } from '#lib/json.ts'
import { plainTree, treeOf, treeOfValue, type Tree } from './parts/json-readings.ts'
import { brokenJson } from './parts/json-text.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 100
const STRICTER: ReadonlySet<JsonReason> = new Set(['duplicate-key', 'lone-surrogate', 'number-range'])

export const target: FuzzTarget = {
  name: 'json-broken',
  run(seed) {
    fc.assert(fc.property(brokenJson, judge), { seed, numRuns: RUNS })
    return RUNS
  },
}

function judge(bytes: Uint8Array): void {
  const expected = readLeniently(bytes)
  let found: Tree
  try {
    found = plainTree(treeOf(readJson(bytes)))
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    if (error.offset < 0 || error.offset > bytes.length) throw new Error('an offset outside the body', { cause: error })
    if (expected !== undefined && !STRICTER.has(error.reason)) throw error
    return
  }
  deepStrictEqual(found, expected)
}

function readLeniently(bytes: Uint8Array): Tree | undefined {
  try {
    return treeOfValue(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)))
  } catch {
    return undefined
  }
}
