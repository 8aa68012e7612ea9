// `sallyport audit verify` proves the logs; `sallyport audit show` reads one.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import type { Report } from '#audit/verify/report.ts'
import { verifyAll } from '#audit/verify/verify-all.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { type Paint, painter } from './paint.ts'

export async function audit(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  switch (verb) {
    case 'verify':
      return verify(rest, io)
    case 'show':
      return show(rest, io)
    default:
      throw new UsageError('audit takes verify or show')
  }
}

async function verify(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: { all: { type: 'boolean' }, json: { type: 'boolean' } },
    allowPositionals: true,
  })
  const [log] = positionals
  if ((log === undefined) === (values.all !== true) || positionals.length > 1) {
    throw new UsageError('audit verify takes --all, or the name of one log')
  }
  const directory = join(io.settings.home, 'audit')
  // A single log is held to its recorded birth, too: everything is read, and one report is shown.
  const report = await verifyAll(directory)
  const logs = log === undefined ? report.logs : report.logs.filter((each) => each.log === log)
  if (logs.length === 0) {
    return noLog(
      log,
      report.logs.map((each) => each.log),
      io,
    )
  }
  const ok = logs.every((each) => each.ok)
  if (values.json === true) io.out(JSON.stringify({ ok, logs }, null, 2))
  else for (const line of verdicts(logs, painter(io.color))) io.out(line)
  return ok ? 0 : 1
}

function noLog(log: string | undefined, known: readonly string[], io: Io): number {
  const there = known.length > 0 ? `; there are ${[...known].sort().join(', ')}` : ''
  io.err(
    `sallyport: there is no log ${log === undefined ? '' : `${log} `}in ${join(io.settings.home, 'audit')}${there}`,
  )
  return 1
}

function verdicts(logs: readonly Report[], paint: Paint): readonly string[] {
  const width = Math.max(...logs.map(({ log }) => log.length))
  const lines = logs.flatMap((report) => {
    const name = report.log.padEnd(width)
    if (!report.ok) return report.problems.map(({ message }) => `${name}  ${paint.bad('✗')} ${message}`)
    const waiting = report.waiting > 0 ? `   ${report.waiting} waiting` : ''
    const count = `${report.entries} ${report.entries === 1 ? 'entry' : 'entries'}`
    return [`${name}  ${count.padStart(12)}  root ${report.root.slice(0, 16)}…  ${paint.good('ok')}${waiting}`]
  })
  const unknown = new Set(logs.flatMap((report) => report.unknown))
  if (logs.some(({ ok }) => !ok))
    lines.push(`${' '.repeat(width)}    Keep these files as they are, and compare them with a copy that verifies.`)
  return [...lines, ...[...unknown].map((line) => `note  ${line}`)]
}

async function show(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      kind: { type: 'string' },
      exchange: { type: 'string' },
      from: { type: 'string' },
      most: { type: 'string' },
    },
    allowPositionals: true,
  })
  const [log = 'gateway-0'] = positionals
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(log) || positionals.length > 1)
    throw new UsageError('audit show takes the name of one log')
  const selection = {
    from: wholeNumber(values.from, '--from', 0),
    ...(values.kind === undefined ? {} : { kind: values.kind }),
    ...(values.exchange === undefined ? {} : { exchange: values.exchange }),
  }
  const logs = await readdir(join(io.settings.home, 'audit')).catch((): string[] => [])
  if (!logs.includes(log)) return noLog(log, logs, io)
  let left = wholeNumber(values.most, '--most', 1000)
  let shown = 0
  for await (const entry of readEntries(join(io.settings.home, 'audit', log), selection)) {
    if (left-- === 0) break
    shown += 1
    io.out(values.json === true ? JSON.stringify(entry) : line(entry))
  }
  if (shown > 0) return 0
  io.err(`sallyport: ${log} holds no such entry`)
  return 1
}

function wholeNumber(value: string | undefined, name: string, fallback: number): number {
  if (value === undefined) return fallback
  if (/^\d{1,12}$/.test(value)) return Number(value)
  throw new UsageError(`${name} takes a whole number`)
}

function line(entry: ReadEntry): string {
  const head = `${String(entry.index).padStart(6)}  ${entry.time}  ${entry.kind.padEnd(9)}`
  return `${head} ${summary(entry)}`.trimEnd()
}

function summary(entry: ReadEntry): string {
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '')
  const id = (name: string): string => {
    const value = entry[name]
    return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : '?'
  }
  switch (entry.kind) {
    case 'decision':
      return `${text('exchange')}  ${text('decision').padEnd(5)} ${id('principal')} → ${text('action')} → ${id('resource')}  ${text('reason')}`
    case 'outcome':
      return `${text('exchange')}  ${text('ended')} ${String(entry['status'])}  ${String(entry['bytes'])} bytes  ${text('reason')}`
    case 'change':
      return `${text('what')} ${text('subject')}  ${text('why')}`
    default:
      return text('indicator')
  }
}
