// Finds the statements of a Cedar text, and in a statement the clauses that a reader would call one condition: each
// part of the head, each `&&` conjunct of a `when`, each `||` alternative of an `unless` (whose negations conjoin).
import { lineCounter, nesting, type Token, tokenize } from './token.ts'

/** A run of source text and the line of its first character, from 1. */
export interface Piece {
  readonly text: string
  readonly line: number
}

export interface Statement extends Piece {
  readonly tokens: readonly Token[]
  readonly start: number
}

export interface ConditionPieces {
  readonly kind: 'when' | 'unless'
  /** In order, as `&&` joins them in a `when` and `||` in an `unless`. */
  readonly pieces: readonly Piece[]
}

export interface StatementPieces {
  readonly annotations: readonly string[]
  /** Principal, action, resource. */
  readonly head: readonly Piece[]
  readonly conditions: readonly ConditionPieces[]
}

/** What follows the last semicolon is a statement, too: the official parser then says what it lacks. */
export function findStatements(text: string): readonly Statement[] {
  const lineOf = lineCounter(text)
  const statements: Statement[] = []
  let tokens: Token[] = []
  let depth = 0
  const close = () => {
    const [first, last] = [tokens[0], tokens.at(-1)]
    if (first === undefined || last === undefined) return
    const { start } = first
    statements.push({ tokens, start, text: text.slice(start, last.end), line: lineOf(start) })
    tokens = []
    depth = 0
  }
  for (const token of tokenize(text)) {
    tokens.push(token)
    depth += nesting(token)
    if (depth === 0 && token.text === ';') close()
  }
  close()
  return statements
}

/** The clauses of one statement that the official parser has accepted. */
export function findPieces(statement: string, line: number): StatementPieces {
  const tokens = tokenize(statement)
  const lineIn = lineCounter(statement)
  const piece = (run: readonly Token[]): Piece => {
    const [start, end] = [run[0]?.start ?? 0, run.at(-1)?.end ?? 0]
    return { text: statement.slice(start, end), line: line + lineIn(start) - 1 }
  }
  const open = tokens.findIndex(
    (token, at) => token.text === '(' && isEffect(tokens[at - 1]) && tokens[at - 2]?.text !== '@',
  )
  const close = closingOf(tokens, open)
  return {
    annotations: tokens.slice(0, open).flatMap(({ text }, at) => (text === '@' ? [tokens[at + 1]?.text ?? ''] : [])),
    head: split(tokens.slice(open + 1, close), ',').map(piece),
    conditions: conditionsOf(tokens.slice(close + 1)).map(({ kind, body }) => ({
      kind,
      pieces: clausesOf(body, kind).map(piece),
    })),
  }
}

function isEffect(token: Token | undefined): boolean {
  return token?.text === 'permit' || token?.text === 'forbid'
}

function conditionsOf(tokens: readonly Token[]): readonly { kind: 'when' | 'unless'; body: readonly Token[] }[] {
  const found: { kind: 'when' | 'unless'; body: readonly Token[] }[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const word = tokens[at]?.text
    if (word !== 'when' && word !== 'unless') continue
    const close = closingOf(tokens, at + 1)
    found.push({ kind: word, body: tokens.slice(at + 2, close) })
    at = close
  }
  return found
}

/** An `if` reaches to the end of its expression, and `||` binds looser than `&&`: neither can be cut at an `&&`. */
function clausesOf(body: readonly Token[], kind: 'when' | 'unless'): readonly (readonly Token[])[] {
  if (body[0]?.text === 'if') return [body]
  const alternatives = split(body, '||')
  if (kind === 'unless') return alternatives
  return alternatives.length > 1 ? [body] : split(body, '&&')
}

/** Cuts at a symbol outside all brackets. No empty last run: Cedar allows a trailing comma. */
function split(tokens: readonly Token[], symbol: string): readonly (readonly Token[])[] {
  const runs: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += nesting(token)
    if (depth === 0 && token.kind === 'symbol' && token.text === symbol) runs.push([])
    else runs.at(-1)?.push(token)
  }
  return runs.filter((run) => run.length > 0)
}

/** The index of the bracket that closes the one at `open`. */
function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let at = open; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined) break
    depth += nesting(token)
    if (depth === 0) return at
  }
  return tokens.length
}
