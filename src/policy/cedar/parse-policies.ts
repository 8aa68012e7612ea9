// Reads policy files: statements found by our own lexer (for lines and source text), each parsed by the official parser.
// The two must agree on how many statements there are and on their annotations; where they do not, nothing is loaded.
import { policySetTextToParts } from '@cedar-policy/cedar-wasm/nodejs'
import { parseOfficial } from './official.ts'
import type { ParsedPolicy } from './parsed-policy.ts'
import type { PolicyJson } from './policy-json.ts'
import { findPieces, findStatements, type Statement } from './statement.ts'

export interface PolicyFile {
  /** Path inside the bundle. */
  readonly file: string
  readonly text: string
}

export interface PolicyTextError {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

export interface ParsedPolicies {
  /** In file order, templates among them. */
  readonly policies: readonly ParsedPolicy[]
  readonly errors: readonly PolicyTextError[]
}

/** A policy without `@id` is named `policyN` by its position over all files, as the official engine names it. */
export function parsePolicies(files: readonly PolicyFile[]): ParsedPolicies {
  const policies: ParsedPolicy[] = []
  const errors: PolicyTextError[] = []
  let position = 0
  for (const { file, text } of files) {
    const statements = findStatements(text)
    const before = errors.length
    for (const statement of statements) {
      const parsed = parseStatement(statement, file, `policy${position}`)
      position += 1
      if ('message' in parsed) errors.push(parsed)
      else policies.push(parsed)
    }
    if (errors.length === before && !officialCounts(text, statements.length)) {
      errors.push({ file, line: 1, message: 'the official parser finds another number of statements here' })
    }
  }
  return { policies, errors }
}

function officialCounts(text: string, statements: number): boolean {
  const parts = policySetTextToParts(text)
  return parts.type === 'success' && parts.policies.length + parts.policy_templates.length === statements
}

function parseStatement(statement: Statement, file: string, name: string): ParsedPolicy | PolicyTextError {
  const { text, line, tokens } = statement
  const { json, error, at } = { at: undefined, ...parseOfficial(text, tokens) }
  if (json === undefined) return { file, line: line + linesBefore(text, at ?? 0), message: error }
  const found = findPieces(text, line).annotations
  const annotations = Object.assign(Object.create(null) as Record<string, string>, textsOf(json.annotations ?? {}))
  if (found.length !== Object.keys(annotations).length || !found.every((key) => Object.hasOwn(annotations, key))) {
    return { file, line, message: 'the official parser finds other annotations here' }
  }
  const open = openSlots(json)
  return { id: annotations['id'] ?? name, effect: json.effect, file, line, annotations, text, json, open, slots: {} }
}

function textsOf(annotations: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key, value ?? '']))
}

function openSlots(json: PolicyJson): readonly string[] {
  const heads = JSON.stringify([json.principal, json.resource])
  return ['?principal', '?resource'].filter((slot) => heads.includes(`"slot":"${slot}"`))
}

/** The parser counts UTF-8 bytes. */
function linesBefore(text: string, bytes: number): number {
  return Buffer.from(text)
    .subarray(0, bytes)
    .filter((byte) => byte === 10).length
}
