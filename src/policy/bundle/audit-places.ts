// `audit.copies`, `audit.streams`, `audit.witnesses`: where the logs go besides the state directory. Names of places stand
// in lines and metrics.
import { createHash } from 'node:crypto'
import { isAbsolute, normalize } from 'node:path'
import type { CopyPlace, StreamPlace, WitnessPlace } from '#access/keeping.ts'
import { credentialOf, type Surroundings } from './credential.ts'
import { booleanOf, type Entry, entriesOf, fault, type Field, fieldsOf, listOf, textOf, wordOf } from './field.ts'
import { quote } from './problem.ts'
import { addressOf } from './units.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/

/** Each entry of sound name, read by `read`; what is wrong was reported. */
function placesOf<T>(field: Field, what: string, read: (entry: Entry) => T | undefined): readonly T[] {
  return entriesOf(field, what).flatMap((entry) => {
    if (NAME.test(entry.name)) return read(entry) ?? []
    const fix = 'Use lower-case letters, digits and dash, beginning with a letter or digit, 32 at most.'
    fault(entry.field, `is not a name for one of the ${what}`, fix, entry.at)
    return []
  })
}

export function readCopies(field: Field, around: Surroundings): readonly CopyPlace[] {
  const places = new Map<string, string>()
  return placesOf(field, 'copies', ({ name, field: inside }) => {
    const place = copyOf(name, inside, around)
    const where =
      place && (place.to === 'directory' ? place.path : [place.endpoint, place.bucket, place.prefix].join(' '))
    const other = where === undefined ? undefined : places.get(where)
    if (other !== undefined) return fault(inside, `is the same place as ${other}`, 'Remove one of the two.')
    if (where !== undefined) places.set(where, name)
    return place
  })
}

function copyOf(name: string, field: Field, around: Surroundings): CopyPlace | undefined {
  const fields = fieldsOf(field, { known: ['directory', 's3'] })
  if (!fields) return undefined
  const [directory, s3] = [fields.get('directory'), fields.get('s3')]
  if ((directory === undefined) === (s3 === undefined)) {
    const fix = 'Write `directory: /mnt/audit`, or `s3: { bucket: …, key: file:PATH, secret: file:PATH }`.'
    return fault(field, 'must have one of `directory` and `s3`', fix)
  }
  if (s3) return bucketOf(name, s3, around)
  const path = directory && textOf(directory, 'the absolute path of a directory')
  if (directory === undefined || path === undefined) return undefined
  if (isAbsolute(path) && !path.includes('\0'))
    return { name, to: 'directory', path: normalize(path).replace(/(.)\/+$/, '$1') }
  return fault(directory, `must be an absolute path, but is ${quote(path)}`, 'Write it in full: /mnt/audit.')
}

const BUCKET_KEYS = {
  known: ['bucket', 'prefix', 'region', 'endpoint', 'key', 'secret', 'private'],
  required: ['bucket', 'key', 'secret'],
} as const

function bucketOf(name: string, field: Field, around: Surroundings): CopyPlace | undefined {
  const fields = fieldsOf(field, BUCKET_KEYS)
  if (!fields) return undefined
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const bucket = read('bucket', (inside) => matching(inside, BUCKET, 'the name of a bucket, such as audit-clinic'))
  const prefix = fields.has('prefix') ? read('prefix', prefixOf) : ''
  const region = read('region', (inside) => matching(inside, REGION, 'a region, such as eu-central-1'))
  const isPrivate = fields.has('private') ? read('private', booleanOf) : false
  const endpoint = read('endpoint', (inside) => placeUrlOf(inside, isPrivate === true))
  const key = read('key', (inside) => credentialOf(inside, around))
  const secret = read('secret', (inside) => credentialOf(inside, around))
  const strays = (fields.has('region') && !region) || (fields.has('endpoint') && !endpoint) || isPrivate === undefined
  if (bucket === undefined || prefix === undefined || !key || !secret || strays) return undefined
  return {
    name,
    to: 's3',
    bucket,
    prefix,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    key,
    secret,
  }
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const REGION = /^[a-z0-9-]{1,40}$/
const PREFIX = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){0,7}$/

function matching(field: Field, pattern: RegExp, what: string): string | undefined {
  const text = textOf(field, what)
  if (text === undefined || pattern.test(text)) return text
  return fault(field, `must be ${what}, but is ${quote(text)}`, 'Write it as the store shows it.')
}

function prefixOf(field: Field): string | undefined {
  const text = textOf(field, 'a prefix')
  if (text === undefined || PREFIX.test(text)) return text
  const fix = 'Use letters, digits, dot, dash and underscore, with slashes between and none at the ends.'
  return fault(field, `must be a prefix such as sallyport/audit, but is ${quote(text)}`, fix)
}

function placeUrlOf(field: Field, isPrivate: boolean): string | undefined {
  const plainHint = 'Use https, or say `private: true` if it stands in a network of your own.'
  return addressOf(field, { plain: isPrivate, plainHint })?.href.replace(/\/+$/, '')
}

export function readStreams(field: Field, around: Surroundings): readonly StreamPlace[] {
  return placesOf(field, 'streams', ({ name, field: inside }) => streamOf(name, inside, around))
}

const STREAM_KEYS = {
  known: ['to', 'format', 'url', 'signals', 'authorization', 'private'],
  required: ['to'],
} as const
const FORMATS = ['native', 'ocsf'] as const

function streamOf(name: string, field: Field, around: Surroundings): StreamPlace | undefined {
  const fields = fieldsOf(field, STREAM_KEYS)
  const toField = fields?.get('to')
  const to = toField && wordOf(toField, ['stdout', 'otlp'])
  if (!fields || to === undefined) return undefined
  const formatField = fields.get('format')
  const format = formatField ? wordOf(formatField, FORMATS) : 'native'
  if (to === 'otlp') return collectorOf(name, { field, fields, format }, around)
  const strange = ['url', 'signals', 'authorization', 'private'].map((key) => fields.get(key)).filter((each) => each)
  for (const each of strange)
    if (each) fault(each, 'says nothing of standard output', 'Remove it, or write `to: otlp`.')
  return format && strange.length === 0 ? { name, to, format } : undefined
}

interface Stream {
  readonly field: Field
  readonly fields: ReadonlyMap<string, Field>
  readonly format: (typeof FORMATS)[number] | undefined
}

function collectorOf(name: string, { field, fields, format }: Stream, around: Surroundings): StreamPlace | undefined {
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  if (!fields.has('url'))
    return fault(field, 'lacks `url`', 'Add the address of the collector: url: https://host:4318.')
  const isPrivate = fields.has('private') ? read('private', booleanOf) : false
  const url = read('url', (inside) => placeUrlOf(inside, isPrivate === true))
  const signals = fields.has('signals')
    ? read('signals', (inside) => listOf(inside, 'logs, traces', (item) => wordOf(item, ['logs', 'traces'])))
    : (['logs', 'traces'] as const)
  const authorization = read('authorization', (inside) => credentialOf(inside, around))
  if (fields.has('authorization') && !authorization) return undefined
  if (url === undefined || !signals || !format || isPrivate === undefined) return undefined
  return { name, to: 'otlp', url, signals, format, ...(authorization && { authorization }), private: isPrivate }
}

export function readWitnesses(field: Field): readonly WitnessPlace[] {
  return placesOf(field, 'witnesses', ({ name, field: inside }) => witnessOf(name, inside))
}

function witnessOf(name: string, field: Field): WitnessPlace | undefined {
  const fields = fieldsOf(field, { known: ['url', 'key', 'private'], required: ['url', 'key'] })
  const [urlField, keyField, privateField] = [fields?.get('url'), fields?.get('key'), fields?.get('private')]
  const isPrivate = privateField ? booleanOf(privateField) : false
  const url = urlField && placeUrlOf(urlField, isPrivate === true)
  const key = keyField && cosignerKeyOf(keyField)
  return url !== undefined && key !== undefined && isPrivate !== undefined
    ? { name, url, key, private: isPrivate }
    : undefined
}

/** What follows the id is 0x04, for the cosignatures of tlog-cosignature, and the 32 bytes of an Ed25519 key. */
function cosignerKeyOf(field: Field): string | undefined {
  const text = textOf(field, 'the verifier key of the witness')
  if (text === undefined) return undefined
  const [, name, id, coded] = /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? []
  const bytes = Buffer.from(coded ?? '', 'base64')
  const ownId = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex').slice(0, 8)
  if (bytes.length === 33 && bytes[0] === 4 && ownId === id) return text
  const fix = 'Copy the line NAME+ID+BASE64 that `sallyport witness` printed.'
  return fault(field, 'is not the verifier key of a witness', fix)
}
