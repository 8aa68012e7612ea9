// The demo provider's stage directions: `[[say:…]]`, `[[chunk:N]]` and the rest, written by the caller in their own text.
// Tool arguments are kept as they were written, so that large integers and key order can be followed through the gate.
// Three put a text elsewhere than in the content: `[[refuse:TEXT]]` into the refusal, `[[think:TEXT]]` into the reasoning,
// `[[say:TEXT]]` beside a `[[status:CODE]]` into the error. `[[redacted-thinking]]` hides Anthropic's thinking in a block of
// its own, and `[[fail:N]]` lets a stream end after N pieces with an error in the protocol's own terms.

export interface ToolProposal {
  readonly name: string
  /** JSON, exactly as written. */
  readonly arguments: string
}

export interface Directives {
  /** The text without its directives; the whole text, untouched, where it holds none. */
  readonly rest: string
  readonly say?: string
  /** What is refused to be said, in so many words. */
  readonly refuse?: string
  /** What is thought beforehand. */
  readonly think?: string
  readonly redactedThinking?: true
  /** Characters in a piece; words where absent. */
  readonly chunk?: number
  /** Milliseconds. */
  readonly delay: number
  readonly tools: readonly ToolProposal[]
  readonly status?: number
  /** Pieces after which the connection is dropped. */
  readonly die?: number
  /** Pieces after which a stream ends with an error. */
  readonly fail?: number
}

type TextKind = 'say' | 'think' | 'refuse'
type NumberKind = 'chunk' | 'delay' | 'status' | 'die' | 'fail'

type Directive =
  | { readonly kind: TextKind; readonly text: string }
  | { readonly kind: 'tool'; readonly tool: ToolProposal }
  | { readonly kind: NumberKind; readonly value: number }
  | { readonly kind: 'redacted-thinking' }

/** A directive and where it ended, or how far was read in vain. */
interface Found {
  readonly end: number
  readonly directive?: Directive
}

const OPENING = /\[\[(?:(say64|say|think|refuse|chunk|delay|tool|status|die|fail):|redacted-thinking\]\])/g
/** A day: longer waits overflow no timer, and no demo needs them. */
const LONGEST_DELAY = 86_400_000

export function readDirectives(text: string): Directives {
  const found: Directive[] = []
  let rest = ''
  let kept = 0
  let from = 0
  for (;;) {
    OPENING.lastIndex = from
    const opening = OPENING.exec(text)
    if (!opening) break
    const { end, directive } = readOne(text, OPENING.lastIndex, opening[1])
    if (directive) {
      rest += text.slice(kept, opening.index)
      kept = end
      found.push(directive)
    }
    from = end
  }
  if (found.length === 0) return { rest: text, delay: 0, tools: [] }
  return gather(found, (rest + text.slice(kept)).trim())
}

function readOne(text: string, start: number, name: string | undefined): Found {
  switch (name) {
    case undefined:
      return { end: start, directive: { kind: 'redacted-thinking' } }
    case 'tool':
      return readTool(text, start)
    case 'say':
    case 'say64':
    case 'think':
    case 'refuse':
      return readText(text, start, name)
    default:
      return readNumber(text, start, name)
  }
}

/** The first `]]` that no further `]` follows, so that `[[say:[1]]]` says `[1]`. */
function closing(text: string, start: number): number {
  let close = text.indexOf(']]', start)
  if (close === -1) return -1
  while (text[close + 2] === ']') close += 1
  return close
}

function readText(text: string, start: number, name: TextKind | 'say64'): Found {
  const close = closing(text, start)
  if (close === -1) return { end: text.length }
  const content = text.slice(start, close)
  const end = close + 2
  if (name !== 'say64') return { end, directive: { kind: name, text: content } }
  if (!/^[A-Za-z0-9+/_=\s-]*$/.test(content)) return { end }
  return { end, directive: { kind: 'say', text: Buffer.from(content, 'base64').toString('utf8') } }
}

function readNumber(text: string, start: number, name: string): Found {
  const digits = /^(\d{1,9})\]\]/.exec(text.slice(start, start + 11))?.[1]
  if (digits === undefined) return { end: start }
  const end = start + digits.length + 2
  const value = Number(digits)
  switch (name) {
    case 'chunk':
      return value >= 1 ? { end, directive: { kind: 'chunk', value } } : { end }
    case 'delay':
      return { end, directive: { kind: 'delay', value: Math.min(value, LONGEST_DELAY) } }
    case 'status':
      return value >= 300 && value <= 599 ? { end, directive: { kind: 'status', value } } : { end }
    case 'die':
    case 'fail':
      return { end, directive: { kind: name, value } }
    default:
      return { end }
  }
}

/** `NAME`, or `NAME {json}`. What was read in vain is not read again: nested openings must not cost quadratic time. */
function readTool(text: string, start: number): Found {
  const name = /^[^\s[\]{}]{1,128}/.exec(text.slice(start, start + 128))?.[0]
  if (name === undefined) return { end: start }
  let at = skipSpace(text, start + name.length)
  let json = '{}'
  if (text[at] === '{') {
    const end = objectEnd(text, at)
    if (end === -1) return { end: text.length }
    json = text.slice(at, end)
    at = skipSpace(text, end)
  }
  if (!text.startsWith(']]', at) || !isJson(json)) return { end: at }
  return { end: at + 2, directive: { kind: 'tool', tool: { name, arguments: json } } }
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1
  return at
}

/** The index after the object that opens at `start`, or -1. Braces inside strings do not count. */
function objectEnd(text: string, start: number): number {
  let depth = 0
  let inString = false
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{') depth += 1
    else if (character === '}') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Several texts of a kind are said one after the other; of the numbers the last one counts. */
function gather(found: readonly Directive[], rest: string): Directives {
  const say = textsOf(found, 'say')
  const think = textsOf(found, 'think')
  const refuse = textsOf(found, 'refuse')
  const tools = found.flatMap((each) => (each.kind === 'tool' ? [each.tool] : []))
  const chunk = lastOf(found, 'chunk')
  const status = lastOf(found, 'status')
  const die = lastOf(found, 'die')
  const fail = lastOf(found, 'fail')
  return {
    rest,
    delay: lastOf(found, 'delay') ?? 0,
    tools,
    ...(say !== undefined && { say }),
    ...(think !== undefined && { think }),
    ...(refuse !== undefined && { refuse }),
    ...(found.some((each) => each.kind === 'redacted-thinking') && { redactedThinking: true }),
    ...(chunk !== undefined && { chunk }),
    ...(status !== undefined && { status }),
    ...(die !== undefined && { die }),
    ...(fail !== undefined && { fail }),
  }
}

function textsOf(found: readonly Directive[], kind: TextKind): string | undefined {
  const texts = found.flatMap((each) => (each.kind === kind ? [each.text] : []))
  return texts.length > 0 ? texts.join('') : undefined
}

function lastOf(found: readonly Directive[], kind: NumberKind): number | undefined {
  let value: number | undefined
  for (const each of found) if (each.kind === kind) value = each.value
  return value
}
