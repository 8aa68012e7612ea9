// Canonical JSON (RFC 8785): the one spelling of a value that is hashed and signed. Members stand in the order of their
// keys' UTF-16 code units. Refuses what JSON.stringify would quietly change or leave out, but for undefined members.

// Deeper values are cycles, or no records of ours.
const GREATEST_DEPTH = 256
const LONGEST_LOOP = 128
const FEW = 24

/** Throws TypeError for what RFC 8785 has no spelling for: NaN, infinities, lone surrogates, bigints, functions, class instances. */
export function canonicalJson(value: unknown): string {
  const ordered = inOrder(value, 0)
  if (ordered !== UNSURE) {
    const text = JSON.stringify(ordered)
    // The runtime spells lone surrogates as escapes, where RFC 8785 refuses them.
    if (!text.includes('\\ud')) return text
  }
  return print(value, 0)
}

// ECMAScript's own printing is RFC 8785's but for the order of members, and for what it quietly changes: where a value has its
// members in order and nothing to change, it is printed at once, which takes a fraction of the time.
const UNSURE: unique symbol = Symbol('unsure')

/** The same value with its members in order; `UNSURE` for whatever must be looked at more closely. */
function inOrder(value: unknown, depth: number): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : UNSURE
  if (typeof value !== 'object' || depth >= GREATEST_DEPTH) return UNSURE
  return Array.isArray(value) ? itemsInOrder(value, depth + 1) : membersInOrder(value, depth + 1)
}

function itemsInOrder(items: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined
  for (let at = 0; at < items.length; at++) {
    const item = inOrder(items[at], depth)
    if (item === UNSURE) return UNSURE
    if (item !== items[at]) copy ??= items.slice(0, at)
    copy?.push(item)
  }
  return copy ?? items
}

// Where nothing is out of order nothing is made: `for in` is the one way to go through an object that allocates nothing.
function membersInOrder(value: object, depth: number): unknown {
  if (Object.getPrototypeOf(value) !== Object.prototype) return UNSURE
  const members = value as Readonly<Record<string, unknown>>
  const sorted = isSorted(members)
  if (sorted !== true) return sorted === UNSURE ? UNSURE : sortedCopy(members, depth)
  let copy: Record<string, unknown> | undefined
  for (const key in members) {
    const member = members[key]
    const ordered = member === undefined ? undefined : inOrder(member, depth)
    if (ordered === UNSURE) return UNSURE
    if (ordered !== member) copy ??= membersBefore(key, members)
    if (copy) copy[key] = ordered
  }
  return copy ?? value
}

function isSorted(members: object): boolean | typeof UNSURE {
  let before = ''
  let sorted = true
  for (const key in members) {
    // Numbers are enumerated first, whatever order they were put in; a prototype would be set in place of a member.
    const first = key.charCodeAt(0)
    if (!(first >= 0x41 && first <= 0x7a) || key === '__proto__' || key === 'toJSON') return UNSURE
    if (key < before) sorted = false
    before = key
  }
  return sorted
}

function sortedCopy(members: Readonly<Record<string, unknown>>, depth: number): unknown {
  const copy: Record<string, unknown> = {}
  for (const key of rememberedOrder(Object.keys(members))) {
    const member = members[key]
    if (member === undefined) continue
    const ordered = inOrder(member, depth)
    if (ordered === UNSURE) return UNSURE
    copy[key] = ordered
  }
  return copy
}

interface Order {
  readonly keys: readonly string[]
  readonly sorted: readonly string[]
}

// Records of ours are made in a few places, each time with the same members: whoever looks for their order finds it among a few.
const orders = new Map<string, Order[]>()
const MOST_ORDERS = 64
const MOST_ALIKE = 16

/** Sorted. Remembered by all the keys, as they came. */
function rememberedOrder(keys: string[]): readonly string[] {
  const [first = ''] = keys
  if (keys.length > FEW || first.length > FEW) return sortKeys(keys)
  let alike = orders.get(first)
  for (const { keys: known, sorted } of alike ?? []) if (isSame(known, keys)) return sorted
  if (!alike || alike.length === MOST_ALIKE) {
    if (orders.size === MOST_ORDERS) orders.clear()
    orders.set(first, (alike = []))
  }
  const order = { keys: [...keys], sorted: sortKeys(keys) }
  alike.push(order)
  return order.sorted
}

function isSame(known: readonly string[], keys: readonly string[]): boolean {
  if (known.length !== keys.length) return false
  for (let at = 0; at < keys.length; at++) if (known[at] !== keys[at]) return false
  return true
}

function membersBefore(end: string, members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const key in members) {
    if (key === end) break
    copy[key] = members[key]
  }
  return copy
}

function print(value: unknown, depth: number): string {
  if (typeof value === 'string') return printString(value)
  if (typeof value === 'number') return printNumber(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === null) return 'null'
  if (typeof value !== 'object') throw new TypeError(`canonical JSON has no ${typeof value}`)
  if (depth >= GREATEST_DEPTH) throw new TypeError('the value is too deep for canonical JSON, or holds itself')
  return Array.isArray(value) ? printArray(value, depth + 1) : printObject(value, depth + 1)
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`canonical JSON has no ${value}`)
  // RFC 8785 section 3.2.2.3 takes its numbers from ECMAScript; -0 is 0.
  return String(value)
}

function printString(value: string): string {
  if (isPlain(value)) return `"${value}"`
  if (!value.isWellFormed()) throw new TypeError('canonical JSON has no lone surrogates')
  return JSON.stringify(value)
}

// Most strings of a record are short and need no escape: a loop is done before a native call has begun.
function isPlain(value: string): boolean {
  if (value.length > LONGEST_LOOP) return false
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at)
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return false
  }
  return true
}

function printArray(items: readonly unknown[], depth: number): string {
  let text = '['
  for (let at = 0; at < items.length; at++) text += (at === 0 ? '' : ',') + print(items[at], depth)
  return `${text}]`
}

function printObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('canonical JSON has no class instances')
  const members = value as Readonly<Record<string, unknown>>
  let text = '{'
  for (const key of sortKeys(Object.keys(value))) {
    const member = members[key]
    if (member === undefined) continue
    text += `${text.length === 1 ? '' : ','}${printString(key)}:${print(member, depth)}`
  }
  return `${text}}`
}

// Objects of records are small: sorting them by insertion takes a third of the time of a native sort.
function sortKeys(keys: string[]): readonly string[] {
  if (keys.length > FEW) return keys.sort()
  for (let at = 1; at < keys.length; at++) {
    const key = keys[at] as string
    let to = at
    for (; to > 0 && (keys[to - 1] as string) > key; to--) keys[to] = keys[to - 1] as string
    keys[to] = key
  }
  return keys
}
