// One document as several parsers read it, in forms that can be compared.
import { parseExpressionAt, type Expression, type SpreadElement } from 'acorn'
import { textOf, type JsonNode } from '#lib/json-node.ts'

/** A document with the order of its keys and the digits of its numbers. */
export type Tree =
  | readonly ['object', readonly (readonly [string, Tree])[]]
  | readonly ['array', readonly Tree[]]
  | readonly ['string', string]
  | readonly ['number', string]
  | readonly ['boolean', boolean]
  | readonly ['null']

export function treeOf(node: JsonNode): Tree {
  switch (node.kind) {
    case 'object':
      return ['object', node.members.map(({ key, value }) => [key, treeOf(value)] as const)]
    case 'array':
      return ['array', node.items.map(treeOf)]
    case 'string':
    case 'number':
      return [node.kind, textOf(node)]
    case 'boolean':
      return ['boolean', node.value]
    case 'null':
      return ['null']
  }
}

/** Without what a parser to plain values loses: keys sorted, numbers as doubles. */
export function plainTree(tree: Tree): Tree {
  if (tree[0] === 'number') return ['number', String(Number(tree[1]))]
  if (tree[0] === 'array') return ['array', tree[1].map(plainTree)]
  if (tree[0] !== 'object') return tree
  return ['object', sortMembers(tree[1].map(([key, value]) => [key, plainTree(value)] as const))]
}

/** The same form of a plain value. */
export function treeOfValue(value: unknown): Tree {
  if (value === null) return ['null']
  if (typeof value === 'string') return ['string', value]
  if (typeof value === 'boolean') return ['boolean', value]
  if (typeof value === 'number') return ['number', String(value)]
  if (Array.isArray(value)) return ['array', value.map(treeOfValue)]
  if (typeof value !== 'object') throw new Error(`no JSON: ${typeof value}`)
  return ['object', sortMembers(Object.entries(value).map(([key, inner]) => [key, treeOfValue(inner)] as const))]
}

function sortMembers<Member extends readonly [string, Tree]>(members: readonly Member[]): readonly Member[] {
  return [...members].sort(([left], [right]) => (left < right ? -1 : 1))
}

/** Every value's span in bytes, in the order of the text, as the strict reader tells it. */
export function spansOf(node: JsonNode): readonly (readonly [number, number])[] {
  const inner =
    node.kind === 'object' ? node.members.map(({ value }) => value) : node.kind === 'array' ? node.items : []
  return [[node.start, node.end], ...inner.flatMap(spansOf)]
}

/** Tree and spans as a JavaScript parser sees the same text: JSON is a subset of its expressions. */
export function readByAcorn(text: string): {
  readonly tree: Tree
  readonly spans: readonly (readonly [number, number])[]
} {
  const expression = parseExpressionAt(`(${text}\n)`, 0, { ecmaVersion: 2022 })
  const spans: (readonly [number, number])[] = []
  return { tree: treeOfExpression(expression, text, spans), spans }
}

function treeOfExpression(
  node: Expression | SpreadElement | null,
  text: string,
  spans: (readonly [number, number])[],
): Tree {
  if (node === null) throw new Error('a hole')
  const written = text.slice(node.start - 1, node.end - 1)
  const start = Buffer.byteLength(text.slice(0, node.start - 1))
  spans.push([start, start + Buffer.byteLength(written)])
  if (node.type === 'ArrayExpression')
    return ['array', node.elements.map((item) => treeOfExpression(item, text, spans))]
  if (node.type === 'UnaryExpression') return ['number', written]
  if (node.type === 'ObjectExpression') {
    return [
      'object',
      node.properties.map((property) => {
        if (property.type !== 'Property' || property.key.type !== 'Literal') throw new Error('no member')
        return [property.key.value as string, treeOfExpression(property.value, text, spans)] as const
      }),
    ]
  }
  if (node.type !== 'Literal') throw new Error(`no JSON: ${node.type}`)
  if (typeof node.value === 'number') return ['number', written]
  return treeOfValue(node.value)
}
