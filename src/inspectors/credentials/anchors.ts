// Finds anchors in one pass: a table over pairs of neighbouring characters says where a look is worth it. Of each anchor the
// pair is taken that ordinary text has least often, wherever in the anchor it stands.
import type { Chars } from './chars.ts'
import { type Format, type Gap, opens } from './reading.ts'
import { CONTROLS } from './unseen.ts'

export interface Trigger {
  readonly format: Format
  /** From the anchor's first character to the second of the pair. */
  readonly offset: number
  /** The anchor's first character, and the one behind the pair (-1: none): most false alarms end with them. */
  readonly first: number
  readonly next: number
  readonly after: Chars | undefined
  /** The pair is the whole anchor. */
  readonly whole: boolean
}

/** The group of all pairs that end with a control character, which nothing begins with. */
export const CONTROL_GROUP = 1

export interface Anchors {
  /** By `pairOf`: whether there is anything. Half the size of `pairs`, so that it stays in the nearest cache. */
  readonly flags: Uint8Array
  /** By 128 times the group and a character: whether it may stand behind the pair (1), and before it (2). */
  readonly around: Uint8Array
  /** By `pairOf`: 0 for nothing, else an index into `triggers`. */
  readonly pairs: Uint16Array
  readonly triggers: readonly (readonly Trigger[])[]
  /** By the group: of how many words, at most, the name is that must stand before each of it; 0 where none must. */
  readonly named: Uint8Array
  /** Where the first anchor begins of which only a part has come, or `end`. Nothing before `from` counts. */
  partial(text: string, from: number, end: number, gap: Gap): number
}

/** Everything beyond ASCII is one character here. */
const pairOf = (before: number, code: number): number =>
  ((before < 127 ? before : 127) << 7) | (code < 127 ? code : 127)

/** The first index from `from` on where a character ends a pair worth a look; `to` where none does. */
export function flaggedPair(flags: Uint8Array, codes: Uint8Array, from: number, to: number): number {
  let before = codes[from - 1] ?? 0
  let index = from
  // Four at once: most of ordinary text has none.
  for (; index + 4 <= to; index += 4) {
    const first = codes[index] ?? 0
    const second = codes[index + 1] ?? 0
    const third = codes[index + 2] ?? 0
    const fourth = codes[index + 3] ?? 0
    const onFirst = flags[(before << 7) | first] ?? 0
    const onSecond = flags[(first << 7) | second] ?? 0
    const onThird = flags[(second << 7) | third] ?? 0
    const onFourth = flags[(third << 7) | fourth] ?? 0
    if ((onFirst | onSecond | onThird | onFourth) !== 0)
      return index + (onFirst === 1 ? 0 : onSecond === 1 ? 1 : onThird === 1 ? 2 : 3)
    before = fourth
  }
  for (; index < to; index += 1) {
    const code = codes[index] ?? 0
    if (flags[(before << 7) | code] === 1) return index
    before = code
  }
  return to
}

export function compileAnchors(formats: readonly Format[]): Anchors {
  const groups = new Map<number, Trigger[]>()
  const put = (pair: number, trigger: Trigger): void => {
    const group = groups.get(pair)
    if (group) group.push(trigger)
    else groups.set(pair, [trigger])
  }
  for (const format of formats) {
    if (format.anchor.length === 1) {
      for (let before = 0; before < 128; before += 1)
        if (format.after?.[before] !== 0) put(pairOf(before, format.anchor.charCodeAt(0)), triggerOf(format, 0))
    } else {
      const offset = rarestPair(format.anchor)
      put(pairOf(format.anchor.charCodeAt(offset - 1), format.anchor.charCodeAt(offset)), triggerOf(format, offset))
    }
  }
  const pairs = new Uint16Array(128 * 128)
  const triggers: (readonly Trigger[])[] = [[], []]
  for (let before = 0; before < 128; before += 1)
    for (const code of CONTROLS) pairs[pairOf(before, code)] = CONTROL_GROUP
  for (const [pair, group] of groups) pairs[pair] = triggers.push(group) - 1
  return {
    flags: Uint8Array.from(pairs, (group) => (group === 0 ? 0 : 1)),
    around: aroundOf(triggers),
    pairs,
    triggers,
    named: Uint8Array.from(triggers, wordsBefore),
    partial: partialOf(formats.filter(({ lead }) => lead === 0)),
  }
}

/** What none of a group's anchors has beside the pair ends most false alarms. Zero is no character: it stops nothing. */
function aroundOf(triggers: readonly (readonly Trigger[])[]): Uint8Array {
  const around = new Uint8Array(triggers.length * 128)
  for (const [group, each] of triggers.entries())
    for (const { format, offset, next, after } of each)
      for (let code = 0; code < 128; code += 1) {
        const edge = code === 0 || code === 127
        const before = offset >= 2 ? code === format.anchor.charCodeAt(offset - 2) : offset === 0 || after?.[code] !== 0
        const index = group * 128 + code
        around[index] = (around[index] ?? 0) | (edge || next < 0 || next === code ? 1 : 0) | (edge || before ? 2 : 0)
      }
  return around
}

const wordsBefore = (group: readonly Trigger[]): number =>
  group.some(({ format }) => format.named === undefined)
    ? 0
    : Math.max(0, ...group.map(({ format }) => format.named ?? 0))

function triggerOf(format: Format, offset: number): Trigger {
  const { anchor } = format
  const next = offset + 1 < anchor.length ? anchor.charCodeAt(offset + 1) : -1
  return { format, offset, first: anchor.charCodeAt(0), next, after: format.after, whole: anchor.length <= 2 }
}

/** The index of the pair's second character. */
function rarestPair(anchor: string): number {
  let best = 1
  for (let at = 2; at < anchor.length; at += 1) if (commonness(anchor, at) < commonness(anchor, best)) best = at
  return best
}

function commonness(anchor: string, at: number): number {
  const pair = anchor.slice(at - 1, at + 1)
  if (/^(--|[a-z] | [a-z]|\/\/|[a-z]{2})$/.test(pair)) return 9
  if (/^([A-Z][a-z]|[a-z]_|_[a-z]|[a-z]-|-[a-z]|\.[a-z]|[a-z]\.|[A-Z]{2}|[0-9]{2})$/.test(pair)) return 4
  return /[A-Za-z]/.test(pair) ? 2 : 3
}

interface Node {
  readonly next: Map<number, Node>
}

/** Every proper beginning of an anchor is a path; `pairs` are the first two characters, with zero where nothing follows yet. */
interface Beginnings {
  readonly root: Node
  readonly pairs: Uint8Array
}

function partialOf(formats: readonly Format[]): Anchors['partial'] {
  const opening = beginningsOf(formats.filter(({ inside }) => inside !== true))
  const inside = beginningsOf(formats.filter((format) => format.inside === true))
  const longest = Math.max(...formats.map(({ anchor }) => anchor.length))
  return (text, from, end, gap) => {
    for (let start = Math.max(from, end - longest + 1); start < end; start += 1) {
      const code = text.charCodeAt(start)
      const pair = pairOf(code, start + 1 < end ? text.charCodeAt(start + 1) : 0)
      if (inside.pairs[pair] === 1 && leads(inside.root, text, start, end)) return start
      if (opening.pairs[pair] === 1 && opens(text, start, gap) && leads(opening.root, text, start, end)) return start
    }
    return end
  }
}

function beginningsOf(formats: readonly Format[]): Beginnings {
  const root: Node = { next: new Map() }
  const pairs = new Uint8Array(128 * 128)
  for (const { anchor } of formats) {
    let node = root
    if (anchor.length > 1) pairs[pairOf(anchor.charCodeAt(0), 0)] = 1
    if (anchor.length > 2) pairs[pairOf(anchor.charCodeAt(0), anchor.charCodeAt(1))] = 1
    for (let at = 0; at < anchor.length - 1; at += 1) {
      const code = anchor.charCodeAt(at)
      let next = node.next.get(code)
      if (!next) {
        next = { next: new Map() }
        node.next.set(code, next)
      }
      node = next
    }
  }
  return { root, pairs }
}

function leads(root: Node, text: string, start: number, end: number): boolean {
  let node: Node | undefined = root
  for (let at = start; node && at < end; at += 1) node = node.next.get(text.charCodeAt(at))
  return node !== undefined
}
