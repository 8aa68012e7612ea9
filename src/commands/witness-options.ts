// How `sallyport witness` is called: its own directory, what it watches, and where it is reached.
import { isAbsolute, relative, resolve } from 'node:path'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'

export interface WitnessOptions {
  readonly verb: 'run' | 'key'
  /** Absolute, as are all paths here. */
  readonly home: string
  readonly name: string | undefined
  readonly folder: string | undefined
  readonly listen: { readonly host: string; readonly port: number } | undefined
  /** Verifier keys of logs. */
  readonly logs: readonly string[]
  /** A file with one of them a line. */
  readonly list: string | undefined
  /** Milliseconds from one look at the folder to the next. */
  readonly every: number
  readonly once: boolean
}

const EVERY_MS = 5_000

export function witnessOptions(args: readonly string[], io: Pick<Io, 'cwd'>): WitnessOptions {
  const { values, positionals } = readOptions({
    args: [...args],
    options: {
      home: { type: 'string' },
      name: { type: 'string' },
      folder: { type: 'string' },
      listen: { type: 'string' },
      log: { type: 'string', multiple: true },
      logs: { type: 'string' },
      every: { type: 'string' },
      once: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  const [verb = 'run', ...more] = positionals
  if ((verb !== 'run' && verb !== 'key') || more.length > 0) throw new UsageError('witness takes key, or options alone')
  if (values.home === undefined) {
    throw new UsageError('witness needs --home DIR: a directory of its own, that who writes the logs cannot write to')
  }
  const path = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : resolve(io.cwd, value)
  const [home, folder] = [resolve(io.cwd, values.home), path(values.folder)]
  const watches = folder !== undefined || values.listen !== undefined
  if (verb === 'run' && !watches) throw new UsageError('witness needs --folder DIR, --listen HOST:PORT, or both')
  if (values.once === true && (folder === undefined || values.listen !== undefined))
    throw new UsageError('--once is for one look at a --folder')
  if (folder !== undefined && isWithin(home, folder))
    throw new UsageError('--home must not lie within the folder of the logs')
  return {
    verb,
    home,
    name: values.name,
    folder,
    listen: values.listen === undefined ? undefined : address(values.listen),
    logs: values.log ?? [],
    list: path(values.logs),
    every: values.every === undefined ? EVERY_MS : seconds(values.every),
    once: values.once === true,
  }
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path)
  return !way.startsWith('..') && !isAbsolute(way)
}

function address(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535) throw new UsageError('--listen takes HOST:PORT')
  return { host, port: Number(port) }
}

function seconds(text: string): number {
  const [, count] = /^([1-9]\d{0,4})s?$/.exec(text) ?? []
  if (count === undefined) throw new UsageError('--every takes seconds: 5s')
  return Number(count) * 1000
}
