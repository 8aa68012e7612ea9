// Reads YAML 1.2 (core schema) into a plain tree with positions. Refused is whatever makes a file mean something else
// than it seems to: duplicate keys, anchors and aliases (and with them alias bombs), tags, directives, several documents.
// Messages are our own words by error code: the library's quote the file, and a file may hold a secret by mistake.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLError } from 'yaml'
import { printKey, type Position, type Report } from './problem.ts'

export type YamlNode =
  | { readonly kind: 'map'; readonly at: Position; readonly entries: readonly YamlEntry[] }
  | { readonly kind: 'list'; readonly at: Position; readonly items: readonly YamlNode[] }
  | { readonly kind: 'text'; readonly at: Position; readonly text: string }
  | { readonly kind: 'number'; readonly at: Position; readonly value: number; readonly source: string }
  | { readonly kind: 'boolean'; readonly at: Position; readonly value: boolean }
  | { readonly kind: 'nothing'; readonly at: Position }

export interface YamlEntry {
  readonly key: string
  readonly at: Position
  readonly value: YamlNode
}

interface Page {
  readonly file: string
  readonly lines: LineCounter
  readonly report: Report
}

/** Undefined where the file could not be read; then at least one problem was reported. */
export function readYaml(file: string, text: string, report: Report): YamlNode | undefined {
  const lines = new LineCounter()
  const page: Page = { file, lines, report }
  // A stack that overflows in the parser comes back as an error of it, with a tail of nonsense: depth is checked before.
  if (isTooDeep(text)) {
    refuse(
      page,
      0,
      '',
      `nests deeper than ${MOST_LEVELS} levels`,
      'Flatten it: nothing in a bundle needs more than ten.',
    )
    return undefined
  }
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    // Its own check compares every key with every other; `copyMap` looks each up.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  })
  const list = Array.isArray(documents) ? documents : []
  const errors = list.flatMap((document) => [...document.errors, ...document.warnings])
  for (const error of errors.slice(0, MOST_ERRORS)) refuseSyntax(page, error)
  if (errors.length > 0) return undefined
  if (/^%/m.test(text) && list.some((document) => document.directives.yaml.explicit)) {
    refuse(page, 0, '', 'has a %YAML directive', 'Remove it: bundles are YAML 1.2.')
    return undefined
  }
  const [document, second] = list
  if (second) {
    refuse(page, second.range[0], '', 'holds more than one document', 'Remove the `---` and what follows it.')
    return undefined
  }
  if (!document?.contents) return { kind: 'nothing', at: { line: 1, column: 1 } }
  const copied = copy(page, document.contents, '')
  return copied === REFUSED ? undefined : copied
}

const MOST_ERRORS = 20
const MOST_LEVELS = 64

/** Counts opening brackets and indentation: an upper bound that needs no parser. */
function isTooDeep(text: string): boolean {
  let open = 0
  for (const char of text) {
    if (char === '[' || char === '{') open += 1
    else if (char === ']' || char === '}') open = Math.max(0, open - 1)
    if (open > MOST_LEVELS) return true
  }
  return /^(?:[ ]*[-?][ ]){65}/m.test(text) || /^[ ]{512}/m.test(text)
}

const REFUSED = Symbol('refused')

function copy(page: Page, node: unknown, path: string): YamlNode | typeof REFUSED {
  const offset = offsetOf(node)
  const at = positionOf(page, offset)
  if (isAlias(node)) {
    return refuse(
      page,
      offset,
      path,
      'is an alias (`*name`)',
      'Write the value out: bundles have no anchors and aliases.',
    )
  }
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return { kind: 'nothing', at }
  if (node.anchor !== undefined) {
    return refuse(page, offset, path, 'has an anchor (`&name`)', 'Remove it: bundles have no anchors and aliases.')
  }
  if (node.tag !== undefined) {
    return refuse(page, offset, path, 'has a tag (`!…`)', 'Remove it; to make something text, put it in quotes.')
  }
  if (isScalar(node)) return copyScalar(node.value, node.source ?? '', at)
  if (isSeq(node)) return copyList(page, node.items, { path, at })
  return copyMap(page, node.items, { path, at })
}

interface Place {
  readonly path: string
  readonly at: Position
}

function copyList(page: Page, nodes: readonly unknown[], { path, at }: Place): YamlNode | typeof REFUSED {
  const items = nodes.map((item, index) => copy(page, item, `${path}[${index}]`))
  const sound = items.filter((item) => item !== REFUSED)
  return sound.length === items.length ? { kind: 'list', at, items: sound } : REFUSED
}

function copyMap(
  page: Page,
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  { path, at }: Place,
): YamlNode | typeof REFUSED {
  const entries: YamlEntry[] = []
  const seen = new Set<string>()
  for (const { key, value } of pairs) {
    if (!isScalar(key) || typeof key.value !== 'string' || key.anchor !== undefined || key.tag !== undefined) {
      refuse(page, offsetOf(key), path, 'has a key that is not plain text', 'Put the key in quotes.')
      continue
    }
    if (seen.has(key.value)) {
      refuse(page, offsetOf(key), '', ...SAME_KEY)
      continue
    }
    seen.add(key.value)
    const inside = copy(page, value, path === '' ? printKey(key.value) : `${path}.${printKey(key.value)}`)
    if (inside === REFUSED) continue
    const keyAt = positionOf(page, offsetOf(key))
    // A key without a value is told where the key stands: the place of nothing is of no use.
    const placed = inside.kind === 'nothing' && offsetOf(value) === 0 ? { ...inside, at: keyAt } : inside
    entries.push({ key: key.value, at: keyAt, value: placed })
  }
  return entries.length === pairs.length ? { kind: 'map', at, entries } : REFUSED
}

function copyScalar(value: unknown, source: string, at: Position): YamlNode {
  if (typeof value === 'string') return { kind: 'text', at, text: value }
  if (typeof value === 'number') return { kind: 'number', at, value, source }
  if (typeof value === 'boolean') return { kind: 'boolean', at, value }
  return { kind: 'nothing', at }
}

function offsetOf(node: unknown): number {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return 0
  const [start] = node.range as readonly unknown[]
  return typeof start === 'number' ? start : 0
}

function positionOf(page: Page, offset: number): Position {
  const { line, col } = page.lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

function refuse(page: Page, offset: number, path: string, message: string, fix: string): typeof REFUSED {
  page.report({ severity: 'error', file: page.file, ...positionOf(page, offset), path, message, fix })
  return REFUSED
}

function refuseSyntax(page: Page, error: YAMLError): void {
  const [message, fix] = WORDS.get(error.code) ?? ['is not YAML', 'Look at this line and the one before it.']
  refuse(page, error.pos[0], '', message, fix)
}

const SAME_KEY = ['has the same key twice', 'Keep one of the two: which of them counts would be a guess.'] as const

const WORDS: ReadonlyMap<string, readonly [message: string, fix: string]> = new Map([
  ['BAD_ALIAS', ['has an alias (`*name`)', 'Write the value out: bundles have no anchors and aliases.']],
  ['ALIAS_PROPS', ['has an alias (`*name`)', 'Write the value out: bundles have no anchors and aliases.']],
  ['MULTIPLE_ANCHORS', ['has an anchor (`&name`)', 'Remove it: bundles have no anchors and aliases.']],
  ['TAG_RESOLVE_FAILED', ['has a tag (`!…`)', 'Remove it; to make something text, put it in quotes.']],
  ['MULTIPLE_TAGS', ['has a tag (`!…`)', 'Remove it; to make something text, put it in quotes.']],
  ['BAD_COLLECTION_TYPE', ['has a tag (`!…`)', 'Remove it; to make something text, put it in quotes.']],
  ['BAD_DIRECTIVE', ['has a % directive', 'Remove it: bundles are YAML 1.2.']],
  ['TAB_AS_INDENT', ['is indented with a tab', 'Indent with spaces.']],
  [
    'BAD_INDENT',
    ['is indented wrongly, or a bracket is not closed', 'Align it with its neighbours, and close `[` and `{`.'],
  ],
  ['MISSING_CHAR', ['lacks a closing quote, a comma or a space', 'Close the quote, or put the missing character.']],
  ['BAD_DQ_ESCAPE', ['has an unknown escape in double quotes', 'Use single quotes, or write the backslash twice.']],
  ['BLOCK_AS_IMPLICIT_KEY', ['has a second `: ` in one line', 'Put the value in quotes.']],
  ['BAD_SCALAR_START', ['begins a value with a reserved character', 'Put the value in quotes.']],
])
