import { expect, test } from 'bun:test'
import { readDirectives } from '#demo/directives.ts'

test('a text without directives is kept to the last space', () => {
  expect(readDirectives('  Hello [[there]] \n')).toEqual({ rest: '  Hello [[there]] \n', delay: 0, tools: [] })
})

test('several directives combine, and what surrounds them remains', () => {
  expect(readDirectives('Please [[say:yes]][[chunk:1]] [[delay:20]][[die:3]] now [[status:503]]')).toEqual({
    rest: 'Please   now',
    say: 'yes',
    chunk: 1,
    delay: 20,
    tools: [],
    status: 503,
    die: 3,
  })
})

test('what is to be said may hold brackets, line breaks and JSON', () => {
  expect(readDirectives('[[say:[1]]]').say).toBe('[1]')
  expect(readDirectives('[[say:{"a":[1,2]}]]').say).toBe('{"a":[1,2]}')
  expect(readDirectives('[[say:one\ntwo]]').say).toBe('one\ntwo')
  expect(readDirectives('[[say:]]').say).toBe('')
  expect(readDirectives('[[say:see [[chunk:1]]]]')).toEqual({ rest: '', say: 'see [[chunk:1]]', delay: 0, tools: [] })
})

test('say64 hides its text from the prompt', () => {
  expect(readDirectives('[[say64:R3LDvMOfZSDwn5GL]]').say).toBe('Grüße 👋')
  expect(readDirectives('[[say64:§§]]').say).toBeUndefined()
})

test('tool arguments are kept as they were written', () => {
  const text = '[[tool:payments/transfer {"amount": 9007199254740993, "z":1, "a":[[1]], "note":"}]] \\" {"}]]'
  expect(readDirectives(text).tools).toEqual([
    {
      name: 'payments/transfer',
      arguments: '{"amount": 9007199254740993, "z":1, "a":[[1]], "note":"}]] \\" {"}',
    },
  ])
})

test('several tools are proposed in order, and arguments may be left out', () => {
  expect(readDirectives('[[tool:first]][[tool:second {"x":1} ]]').tools).toEqual([
    { name: 'first', arguments: '{}' },
    { name: 'second', arguments: '{"x":1}' },
  ])
})

test('what only looks like a directive is text', () => {
  for (const text of [
    '[[say:never closed',
    '[[chunk:0]]',
    '[[chunk:x]]',
    '[[status:200]]',
    '[[status:99999]]',
    '[[delay:-1]]',
    '[[tool: {"a":1}]]',
    '[[tool:x {"a":}]]',
    '[[tool:x {"a":1]]',
    '[[tool:x {"a":1} and]]',
    '[[shout:x]]',
    '[say:x]',
  ]) {
    expect(readDirectives(text)).toEqual({ rest: text, delay: 0, tools: [] })
  }
})

test('a directive after a broken one still counts', () => {
  expect(readDirectives('[[chunk:0]] [[say:yes]]')).toEqual({ rest: '[[chunk:0]]', say: 'yes', delay: 0, tools: [] })
})

test('a megabyte of openings is read in linear time', () => {
  const started = performance.now()
  readDirectives('[[tool:a {'.repeat(100_000))
  readDirectives(`${'[[tool:a {'.repeat(50_000)}${'}'.repeat(50_000)}`)
  readDirectives('[[say:'.repeat(170_000))
  readDirectives('[[chunk:'.repeat(125_000) + ']]')
  expect(performance.now() - started).toBeLessThan(3_000)
})

test('texts may be put elsewhere than into the content', () => {
  expect(readDirectives('[[think:first [1]]][[refuse:no, [[x]]]][[redacted-thinking]][[fail:2]] rest')).toEqual({
    rest: 'rest',
    think: 'first [1]',
    refuse: 'no, [[x]]',
    redactedThinking: true,
    fail: 2,
    delay: 0,
    tools: [],
  })
})
