// The smallest value that a JSON Schema admits, the same one every time: what the demo provider answers, and what it
// passes to a tool that it was told to call, when nobody said what. `pattern` is not honoured.

type Schema = Readonly<Record<string, unknown>>

const DEEPEST = 32

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'PT1S',
  email: 'demo@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

export function exampleOf(schema: unknown): unknown {
  const root = asSchema(schema)
  return root ? example(root, root, 0) : {}
}

function example(schema: Schema, root: Schema, depth: number): unknown {
  if (depth > DEEPEST) return null
  if ('const' in schema) return schema['const']
  const choices = schema['enum']
  if (Array.isArray(choices) && choices.length > 0) return choices[0]
  if (typeof schema['$ref'] === 'string') return inside(resolve(schema['$ref'], root), root, depth)
  for (const key of ['anyOf', 'oneOf']) {
    const options = schema[key]
    if (Array.isArray(options) && options.length > 0) return inside(options[0], root, depth)
  }
  const all = schema['allOf']
  if (Array.isArray(all) && all.length > 0) {
    const values = [...all, { ...schema, allOf: undefined }].map((each) => inside(each, root, depth))
    return values.every((value) => asSchema(value)) ? Object.assign({}, ...values) : values[0]
  }
  return ofType(schema, root, depth)
}

function inside(schema: unknown, root: Schema, depth: number): unknown {
  return example(asSchema(schema) ?? {}, root, depth + 1)
}

function ofType(schema: Schema, root: Schema, depth: number): unknown {
  const declared = schema['type']
  const type: unknown = Array.isArray(declared) ? declared[0] : declared
  switch (type) {
    case 'string':
      return stringOf(schema)
    case 'integer':
    case 'number':
      return numberOf(schema, type === 'integer')
    case 'boolean':
      return false
    case 'null':
      return null
    case 'array':
      return Array.from({ length: Math.min(numberAt(schema, 'minItems') ?? 0, 100) }, () =>
        inside(schema['items'], root, depth),
      )
    default:
      return objectOf(schema, root, depth)
  }
}

function objectOf(schema: Schema, root: Schema, depth: number): Record<string, unknown> {
  const properties = asSchema(schema['properties']) ?? {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const entries = required.map((name) => [String(name), inside(properties[String(name)], root, depth)] as const)
  return Object.fromEntries(entries)
}

function stringOf(schema: Schema): string {
  const format = schema['format']
  const text = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined
  const least = Math.min(numberAt(schema, 'minLength') ?? 0, 10_000)
  const most = numberAt(schema, 'maxLength') ?? Number.POSITIVE_INFINITY
  return text ?? 'demo'.padEnd(least, '.').slice(0, most)
}

function numberOf(schema: Schema, whole: boolean): number {
  const least = numberAt(schema, 'minimum') ?? (numberAt(schema, 'exclusiveMinimum') ?? -1) + 1
  const most = numberAt(schema, 'maximum') ?? Number.POSITIVE_INFINITY
  const step = numberAt(schema, 'multipleOf') ?? (whole ? 1 : 0)
  const start = Math.min(Math.max(least, 0), most)
  return step > 0 ? Math.ceil(start / step) * step : start
}

function numberAt(schema: Schema, key: string): number | undefined {
  const value = schema[key]
  return typeof value === 'number' ? value : undefined
}

/** Only references inside the same document; anything else admits everything. */
function resolve(reference: string, root: Schema): unknown {
  if (!reference.startsWith('#')) return {}
  let at: unknown = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    at = asSchema(at)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return at
}

function asSchema(value: unknown): Schema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : undefined
}
