// Whether a value looks as if a generator made it. Words, names and paths are made of pieces that people read; keys change
// between letters, digits and cases where no word does.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isUuid = (value: string): boolean => UUID.test(value)

/** 0..1; from a half on, generated is likelier than written. */
export function randomness(value: string): number {
  if (isUuid(value)) return 0.8
  if (/^(?:[0-9a-f]{16,}|[0-9A-F]{16,})$/.test(value)) return entropy(value) > 2.5 ? 0.9 : 0.3
  let changes = 0
  let best = 0
  for (const part of value.split(/[-_.:/\s,;@#]/)) {
    const count = kindChanges(part)
    changes += count
    best = Math.max(best, count)
  }
  const rate = changes / Math.max(8, value.length)
  const spread = Math.min(1, entropy(value) / 4)
  const score = Math.min(1, rate * 3) * 0.7 + spread * 0.3
  if (best < 3) return Math.min(score, 0.45)
  return value.length < 12 ? score * 0.9 : score
}

/** By the character; all beyond ASCII are one. Zero between calls. */
const COUNTS = new Uint16Array(128)

/** Bits a character. */
export function entropy(value: string): number {
  const { length } = value
  for (let at = 0; at < length; at += 1) count(value.charCodeAt(at))
  let bits = 0
  for (let at = 0; at < length; at += 1) {
    const code = Math.min(value.charCodeAt(at), 127)
    const times = COUNTS[code] ?? 0
    if (times > 0) bits -= (times / length) * Math.log2(times / length)
    COUNTS[code] = 0
  }
  return bits
}

function count(code: number): void {
  const index = Math.min(code, 127)
  COUNTS[index] = (COUNTS[index] ?? 0) + 1
}

/** Changes between lower case, upper case, digits and signs; an upper-case letter before lower-case ones begins a word. */
function kindChanges(part: string): number {
  let count = 0
  let before = ''
  for (let at = 0; at < part.length; at += 1) {
    const kind = kindOf(part.charCodeAt(at))
    if (before !== '' && kind !== before && !(before === 'upper' && kind === 'lower')) count += 1
    else if (before === 'upper' && kind === 'lower' && at > 1 && kindOf(part.charCodeAt(at - 2)) === 'digit') count += 1
    before = kind
  }
  // A camel-case name changes at each of its words, which are longer than two letters; `X509Token` is one, too.
  return /^#?[a-z]*(?:[A-Z]+[a-z]{2,}|[A-Z]{1,4}\d{1,4}(?!\d))*[A-Z]*\d{0,4}$/.test(part) ? Math.min(count, 1) : count
}

function kindOf(code: number): 'lower' | 'upper' | 'digit' | 'sign' {
  if (code >= 97 && code <= 122) return 'lower'
  if (code >= 65 && code <= 90) return 'upper'
  return code >= 48 && code <= 57 ? 'digit' : 'sign'
}
