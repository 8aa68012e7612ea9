import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { report, runCase, type Side } from './suite.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const side: Side = { name: 'direct', baseURL: '', credential: '', model: '', provider: '' }

test('both sides passing with equal results is a pass', () => {
  const outcomes = [
    { name: 'one', result: { a: [1] } },
    { name: 'two', result: 'x' },
  ]
  expect(report('openai', outcomes, structuredClone(outcomes))).toEqual({
    lines: ['openai: direct 2/2, gate 2/2, different: none'],
    passed: true,
  })
})

test('a gate that answers something else did not pass, though its case was content', () => {
  const direct = [
    { name: 'one', result: { a: 1 } },
    { name: 'two', result: 'x' },
  ]
  const gate = [
    { name: 'one', result: { a: 2 } },
    { name: 'two', result: 'x' },
  ]
  expect(report('openai', direct, gate)).toEqual({
    lines: ['one: direct {"a":1}', 'one: gate {"a":2}', 'openai: direct 2/2, gate 1/2, different: one'],
    passed: false,
  })
})

test('a failure on either side is told, and is no pass', () => {
  const good = [{ name: 'one', result: 1 }]
  const bad = [{ name: 'one', failure: 'Error: no' }]
  expect(report('openai', good, bad)).toEqual({
    lines: ['gate: one: Error: no', 'openai: direct 1/1, gate 0/1, different: one'],
    passed: false,
  })
  expect(report('openai', bad, bad)).toEqual({
    lines: ['direct: one: Error: no', 'gate: one: Error: no', 'openai: direct 0/1, gate 0/1, different: one'],
    passed: false,
  })
})

test('no gate, and no cases, are no pass', () => {
  expect(report('openai', [{ name: 'one', result: 1 }], 'port taken')).toEqual({
    lines: ['gate: not runnable: port taken', 'openai: direct 1/1, gate 0/1, different: one'],
    passed: false,
  })
  expect(report('openai', [], []).passed).toBe(false)
})

test('a case that throws is a failure in one line', async () => {
  const run = () => Promise.reject(new TypeError('of two\n lines'))
  expect(await runCase({ name: 'one', run }, side)).toEqual({ name: 'one', failure: 'TypeError: of two lines' })
})

test('a suite that is not built yet, or not known, is refused by name', () => {
  const run = (...names: string[]) => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'bin', 'bun'), ['scripts/conformance.ts', ...names], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    return [status, stdout, stderr.trim()]
  }
  expect(run('mcp')).toEqual([2, '', 'not built yet: mcp'])
  expect(run('toString')).toEqual([2, '', 'conformance: give one suite of: openai, anthropic, oauth'])
  expect(run()).toEqual([2, '', 'conformance: give one suite of: openai, anthropic, oauth'])
})
