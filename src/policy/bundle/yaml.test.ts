import { expect, test } from 'bun:test'
import { readYaml } from './yaml.ts'

function faultsOf(text: string): readonly string[] {
  const found: string[] = []
  const node = readYaml('x.yaml', text, ({ line, column, path, message }) => {
    found.push(`${line}:${column} ${path}: ${message}`)
  })
  expect(node === undefined).toBe(found.length > 0)
  return found
}

test('a file that could mean two things is refused where it does', () => {
  expect(faultsOf('a: 1\na: 2\n')).toEqual(['2:1 : has the same key twice'])
  expect(faultsOf('a: { b: 1, b: 2 }')).toEqual(['1:12 : has the same key twice'])
  expect(faultsOf('a: &x 1\nb: *x')).toEqual(['1:7 a: has an anchor (`&name`)', '2:4 b: is an alias (`*name`)'])
  expect(faultsOf('a: !secret x')).toEqual(['1:4 : has a tag (`!…`)'])
  expect(faultsOf('a: !!str 1')).toEqual(['1:10 a: has a tag (`!…`)'])
  expect(faultsOf('a: 1\n---\nb: 2')).toEqual(['2:1 : holds more than one document'])
  expect(faultsOf('%YAML 1.1\n---\na: yes')).toEqual(['1:1 : has a %YAML directive'])
  expect(faultsOf('1: a')).toEqual(['1:1 : has a key that is not plain text'])
  expect(faultsOf('? [a]\n: 1')).toEqual(['1:3 : has a key that is not plain text'])
})

test('what is not YAML is told in words that quote nothing', () => {
  expect(faultsOf('a: "sk-1234')).toEqual(['1:12 : lacks a closing quote, a comma or a space'])
  expect(faultsOf('a: [1,\nb: 2')).toEqual(['2:1 : is indented wrongly, or a bracket is not closed'])
  expect(faultsOf('\ta: 1')).toEqual(['1:1 : is indented with a tab'])
  expect(faultsOf('a: b: c')).toEqual(['1:4 : has a second `: ` in one line'])
  expect(faultsOf('a: "\\q"')).toEqual(['1:5 : has an unknown escape in double quotes'])
})

test('aliases that would grow without bound are refused without growing', () => {
  const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 60 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)]
  expect(faultsOf(bomb.join('\n')).length).toBeGreaterThan(60)
})

test('a file nested deeper than anybody means is refused, whichever way it nests', () => {
  expect(faultsOf('['.repeat(100_000))).toEqual(['1:1 : nests deeper than 64 levels'])
  expect(faultsOf('- '.repeat(100_000))).toEqual(['1:1 : nests deeper than 64 levels'])
})

test('words of older YAML are text, and a merge key is a key like any other', () => {
  const node = readYaml('x.yaml', 'a: yes\nb: 012\n<<: 1\n', () => expect.unreachable())
  expect(node?.kind === 'map' && node.entries.map(({ key, value }) => [key, value.kind])).toEqual([
    ['a', 'text'],
    ['b', 'number'],
    ['<<', 'number'],
  ])
})
