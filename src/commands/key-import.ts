// `sallyport key import`: many keys at once, one JSON object a line. All of them, or none, with every fault named. A key of
// another Sallyport comes with its id and the hash of its secret, and goes on unchanged.
import { resolve } from 'node:path'
import type { VirtualKey } from '#access/virtual-key.ts'
import { refuseTaken } from '#store/key-changes.ts'
import { keyRecord } from '#store/key-record.ts'
import { type Io, UsageError } from './io.ts'
import { makeKey } from './key-create.ts'
import { faultLines, type PlacedFault } from './print-key-faults.ts'
import { readKeyFields } from './key-fields.ts'
import { type LineFields, readKeyLine } from './key-line.ts'
import { linesOf } from './key-lines.ts'
import { beside, intoFile, type KeyTools, systemTools } from './key-tools.ts'
import { readOptions } from './options.ts'
import { withKeyRegister } from './owner-log.ts'
import { painter } from './paint.ts'
import { printJson } from './terminal.ts'

const OPTIONS = { out: { type: 'string' }, json: { type: 'boolean' } } as const

interface Ready {
  readonly line: number
  readonly key: VirtualKey
  readonly why: string
  /** Of a key that did not bring its own. */
  readonly secret?: string
}

type Faults = { readonly line: number; readonly field: string; readonly message: string; readonly fix: string }[]

export async function importKeys(args: readonly string[], io: Io, tools: KeyTools = systemTools): Promise<number> {
  const { values, positionals } = readOptions({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [name, more] = positionals
  if (name === undefined || more !== undefined) throw new UsageError('key import takes one file of JSON lines')
  const faults: Faults = []
  const ready = readAll(await linesOf(resolve(io.cwd, name)), tools, faults)
  const put = (): Promise<readonly VirtualKey[]> =>
    withKeyRegister(io.settings.home, io, (register) =>
      register.change((held) => {
        const ids = new Set(held.map(({ id }) => id))
        for (const { line, key } of ready)
          if (ids.has(key.id))
            faults.push({ line, field: 'id', message: `there is a key ${key.id} already`, fix: TWICE })
        if (faults.length > 0) throw new Faulty('no key was imported')
        const keys = ready.map(({ key }) => key)
        refuseTaken(held, keys)
        return ready.map(({ key, why }) => ({ key, why }))
      }),
    )
  const secrets = ready.flatMap(({ secret }) => secret ?? [])
  if (faults.length > 0) return tellFaults(faults, name, values.json === true, io)
  try {
    await intoFile(values.out, secrets, io, put)
  } catch (error) {
    if (error instanceof Faulty) return tellFaults(faults, name, values.json === true, io)
    throw error
  }
  for (const { key, secret } of ready) {
    const shown = secret === undefined || values.out !== undefined ? {} : { key: secret }
    if (values.json === true) io.out(printJson({ ...keyRecord(key), ...shown }))
    else if (shown.key !== undefined) io.out(shown.key)
  }
  const made = secrets.length === 0 ? '' : `; ${secrets.length} with a new secret, shown this once`
  beside(io)(`${painter(io.color).good('✓')} ${ready.length} ${ready.length === 1 ? 'key' : 'keys'} imported${made}`)
  return 0
}

const TWICE = 'Leave the line out, or give the key another id.'

class Faulty extends Error {
  override readonly name = 'Faulty'
}

function readAll(lines: readonly (readonly [number, string])[], tools: KeyTools, faults: Faults): readonly Ready[] {
  const now = tools.now()
  const ready: Ready[] = []
  const ids = new Map<string, number>()
  for (const [line, text] of lines) {
    const fields = readKeyLine(text, (field, message, fix) => void faults.push({ line, field, message, fix }))
    if (!fields) continue
    const read = readKeyFields(fields, now)
    if (!read.ok) {
      faults.push(...read.faults.map((fault) => ({ line, ...fault })))
      continue
    }
    const { key, secret } = makeKey(read.definition, tools)
    const moved = movedKey(key, fields)
    const earlier = ids.get(moved.id)
    if (earlier !== undefined)
      faults.push({ line, field: 'id', message: `stands in line ${earlier} already`, fix: TWICE })
    ids.set(moved.id, line)
    ready.push({ line, key: moved, why: read.why, ...(moved === key ? { secret } : {}) })
  }
  if (lines.length === 0)
    faults.push({ line: 1, field: '', message: 'holds no key', fix: 'Write one JSON object a line.' })
  return ready
}

function movedKey(key: VirtualKey, { id, secret_sha256 }: LineFields): VirtualKey {
  if (id === undefined || secret_sha256 === undefined) return key
  return { ...key, id, secrets: [{ sha256: new Uint8Array(Buffer.from(secret_sha256, 'hex')) }] }
}

function tellFaults(faults: Faults, name: string, json: boolean, io: Io): number {
  const sorted = [...faults].sort((one, other) => one.line - other.line)
  if (json) for (const fault of sorted) io.out(printJson({ record: 'problem', ...fault }))
  else {
    const placed = sorted.map(({ line, field, message, fix }): PlacedFault => {
      return { place: `${name}:${line}`, field, message, fix }
    })
    for (const line of faultLines(placed, io.color)) io.err(line)
  }
  io.err('sallyport: no key was imported')
  return 1
}
