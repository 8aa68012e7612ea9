// One line of a file for `sallyport key import`, read strictly: a misspelt field would silently be left out of a key.
import { readJson } from '#lib/json.ts'
import { suggest } from '#policy/bundle/nearest.ts'
import { type KeyFields, shown } from './key-fault.ts'

export interface LineFields extends KeyFields {
  /** Of a key of another Sallyport, with `secret_sha256`: hex, of the 43 letters and digits after the id. */
  readonly id?: string
  readonly secret_sha256?: string
}

const TEXTS = [
  'app',
  'person',
  'owner',
  'team',
  'environment',
  'use',
  'not_before',
  'expires',
  'unused_for',
  'why',
  'id',
  'secret_sha256',
] as const
const LISTS = ['models', 'actions', 'networks', 'users'] as const
const KNOWN: readonly string[] = [...TEXTS, ...LISTS]

type Report = (field: string, message: string, fix: string) => undefined

/** Undefined where anything is wrong with its form. */
export function readKeyLine(text: string, fault: Report): LineFields | undefined {
  const object = readObject(text)
  if (typeof object === 'string') return fault('', object, 'Write one JSON object in one line.')
  let sound = true
  const wrong = (field: string, message: string, fix: string): void => {
    sound = false
    fault(field, message, fix)
  }
  for (const [field, value] of Object.entries(object)) {
    if (isOneOf(TEXTS, field)) {
      if (typeof value !== 'string') wrong(field, 'is no text', 'Write it in double quotes.')
    } else if (isOneOf(LISTS, field)) {
      const isList = Array.isArray(value) && value.every((each) => typeof each === 'string')
      if (!isList) wrong(field, 'is no list of texts', 'Write it as ["one", "two"].')
    } else wrong(shown(field), 'is not a field of a key', suggest(field, KNOWN))
  }
  if (!sound) return undefined
  const fields: LineFields = object
  if ((fields.id === undefined) !== (fields.secret_sha256 === undefined)) {
    const missing = fields.id === undefined ? 'id' : 'secret_sha256'
    wrong(missing, 'is missing beside the other', 'Give id and secret_sha256, or neither for a new key.')
  }
  if (fields.id !== undefined && !/^[A-Za-z0-9]{12}$/.test(fields.id))
    wrong('id', 'is no id of a key', 'Write the 12 letters and digits after sp_.')
  if (fields.secret_sha256 !== undefined && !/^[0-9a-f]{64}$/.test(fields.secret_sha256))
    wrong('secret_sha256', 'is no SHA-256', 'Write 64 hex digits in lower case.')
  return sound ? fields : undefined
}

const isOneOf = (names: readonly string[], name: string): boolean => names.includes(name)

/** The object, or what is wrong with the text. */
function readObject(text: string): Readonly<Record<string, unknown>> | string {
  try {
    const node = readJson(Buffer.from(text), { maxDepth: 8, maxValues: 10_000 })
    // The strict reader is asked first: whatever passes it, JSON.parse reads alike.
    return node.kind === 'object' ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : 'is no object'
  } catch (error) {
    return error instanceof Error ? `is not JSON: ${error.message}` : 'is not JSON'
  }
}
