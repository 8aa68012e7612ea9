// What was read from files (entries, names, bundles), made harmless for a terminal: characters that steer it, or that
// change what is seen without being seen, are shown as such. In JSON they are escaped, and nothing is lost.
import { plain } from './print-problems.ts'

/** Every text in it on one line and without what steers; keys stay as they are, and MUST NOT be printed. */
export function plainTexts<T>(value: T): T {
  return map(value) as T
}

function map(value: unknown): unknown {
  if (typeof value === 'string') return plain(value)
  if (Array.isArray(value)) return value.map(map)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, map(member)]))
}

/** The lines of a longer text, with the spaces at their beginnings. */
export function plainLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => {
    const indent = /^ */.exec(line)?.[0] ?? ''
    return indent + plain(line.slice(indent.length))
  })
}

/** JSON leaves these as they are: C1 controls, format characters, line separators, and what has no meaning of its own. */
const STEERING = /[\u007F-\u009F\u2028\u2029\p{Cf}\p{Co}\p{Cn}]/gu

export function printJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(STEERING, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  )
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
