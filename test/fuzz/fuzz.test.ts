import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import * as fc from 'fast-check'
import { readJson } from '#lib/json.ts'
import { treeOf, type Tree } from './parts/json-readings.ts'
import { jsonText } from './parts/json-text.ts'
import { fuzz, loadTargets, type FuzzTarget } from './parts/target.ts'

const NAMES = [
  'anthropic-messages',
  'audit-notes',
  'audit-segments',
  'audit-verify',
  'json-agreement',
  'json-broken',
  'json-splice',
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  'sse-cuts',
  'trace-context',
  'tree-proofs',
]

test('every fuzz target holds for the same cases each time, and for some that nobody has seen', async () => {
  const targets = await loadTargets()
  expect(targets.map(({ name }) => name).sort()).toEqual(NAMES)
  const same = await fuzz(targets, { seed: 20_250_101, until: { rounds: 3 } })
  // A failure names its seed.
  const fresh = await fuzz(targets, { seed: randomInt(2 ** 31), until: { rounds: 1 } })
  expect([...same.failures, ...fresh.failures]).toEqual([])
  for (const name of NAMES) expect([name, (same.cases.get(name) ?? 0) >= 24]).toEqual([name, true])
}, 60_000)

test('a target that fails is named with its seed, and the others go on', async () => {
  const good: FuzzTarget = { name: 'good', run: () => 3 }
  const bad: FuzzTarget = {
    name: 'bad',
    run(seed) {
      if (seed === 12) throw new Error('found one')
      return 1
    },
  }
  let time = 0
  const { cases, failures } = await fuzz([bad, good], {
    seed: 10,
    until: { milliseconds: 50, now: () => (time += 10) },
  })
  expect(failures).toMatchObject([{ target: 'bad', seed: 12, error: { message: 'found one' } }])
  expect(cases.get('bad')).toBe(2)
  expect(cases.get('good')).toBe(15)
})

// Reads lines of JSON strings, each holding a document; prints each document's tree, or null where Python refuses it.
const PYTHON = `
import json, sys
class Members(list): pass
class Digits(str): pass
def tree(v):
    if isinstance(v, Members): return ['object', [[k, tree(i)] for k, i in v]]
    if isinstance(v, list): return ['array', [tree(i) for i in v]]
    if isinstance(v, Digits): return ['number', v]
    if isinstance(v, str): return ['string', v]
    if isinstance(v, bool): return ['boolean', v]
    return ['null']
for line in sys.stdin.buffer:
    text = json.loads(line)
    try: found = tree(json.loads(text, object_pairs_hook=Members, parse_int=Digits, parse_float=Digits))
    except ValueError: found = None
    print(json.dumps(found))
`
const python = spawnSync('python3', ['--version']).status === 0

test.skipIf(!python)(
  'what the strict reader accepts, Python reads alike, to the order of keys and the digits of numbers',
  () => {
    const texts: string[] = []
    const trees: Tree[] = []
    for (const text of fc.sample(jsonText, { seed: 1, numRuns: 3000 })) {
      try {
        trees.push(treeOf(readJson(Buffer.from(text))))
        texts.push(text)
      } catch {
        // Refused: then nobody reads it.
      }
    }
    // A generator that yields little but rubbish would make this test, and the fuzz targets, prove nothing.
    expect(texts.length).toBeGreaterThan(2000)
    const input = texts.map((text) => `${JSON.stringify(text)}\n`).join('')
    const { stdout, status } = spawnSync('python3', ['-c', PYTHON], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBe(texts.length)
    for (const [index, line] of lines.entries()) {
      if (line !== JSON.stringify(trees[index]))
        expect([texts[index], JSON.parse(line)]).toEqual([texts[index], trees[index]])
    }
  },
  60_000,
)
