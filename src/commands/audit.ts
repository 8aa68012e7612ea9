// `sallyport audit verify` proves the logs; `sallyport audit show` reads one.
import { join } from 'node:path'
import { publicHalves } from '#audit/key.ts'
import { logNames } from '#audit/log-files.ts'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { type Report, WITHOUT_WITNESS } from '#audit/verify/report.ts'
import { readVerifierKey } from '#audit/verify/signed-note.ts'
import { verifyAll } from '#audit/verify/verify-all.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { type Paint, painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { plainTexts, printJson } from './terminal.ts'

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
    options: { all: { type: 'boolean' }, json: { type: 'boolean' }, key: { type: 'string', multiple: true } },
    allowPositionals: true,
  })
  const [log] = positionals
  if ((log === undefined) === (values.all !== true) || positionals.length > 1) {
    throw new UsageError('audit verify takes --all, or the name of one log')
  }
  const pinned = pinnedKeys(values.key ?? [])
  const { home } = io.settings
  const ours = await publicHalves(join(home, 'keys'))
  // A single log is held to its recorded birth, too: everything is read, and one report is shown, with those of the logs
  // whose key was given: a control log that is not the one meant vouches for nothing.
  const report = await verifyAll(join(home, 'audit'), [
    { by: '--key', keys: pinned },
    { by: join(home, 'keys'), keys: ours },
  ])
  const logs = log === undefined ? report.logs : report.logs.filter((each) => each.log === log || pinned.has(each.log))
  if (!logs.some((each) => log === undefined || each.log === log)) {
    return noLog(
      log,
      report.logs.map((each) => each.log),
      io,
    )
  }
  const ok = logs.every((each) => each.ok)
  if (values.json === true) io.out(printJson({ ok, logs, notes: report.notes }, 2))
  else {
    for (const line of verdicts(plainTexts(logs), painter(io.color))) io.out(line)
    for (const line of [...report.notes, ...WITHOUT_WITNESS]) io.out(`note  ${plain(line)}`)
  }
  return ok ? 0 : 1
}

/** `LOG=NOTEKEY`, as often as there are logs. */
function pinnedKeys(pins: readonly string[]): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const pin of pins) {
    const [, log, key] = /^([a-z][a-z0-9-]{0,62})=(\S+)$/.exec(pin) ?? []
    if (log === undefined || key === undefined || !readVerifierKey(key))
      throw new UsageError('--key takes LOG=NOTEKEY, with a verifier key as it stands in key.pub')
    if (keys.has(log)) throw new UsageError(`--key names ${log} twice`)
    keys.set(log, key)
  }
  return keys
}

function noLog(log: string | undefined, known: readonly string[], io: Io): number {
  const there = known.length > 0 ? `; there are ${[...known].sort().join(', ')}` : ''
  const named = log === undefined ? '' : `${log} `
  io.err(plain(`sallyport: there is no log ${named}in ${join(io.settings.home, 'audit')}${there}`))
  return 1
}

function verdicts(logs: readonly Report[], paint: Paint): readonly string[] {
  const width = Math.max(...logs.map(({ log }) => log.length))
  return logs.flatMap((report) => {
    const name = report.log.padEnd(width)
    if (!report.ok) {
      const faults = report.problems.map(({ message }) => `${name}  ${paint.bad('✗')} ${message}`)
      return [...faults, `${' '.repeat(width)}    ${KEEP}`]
    }
    // Recorded, and signed within a second.
    const waiting = report.waiting > 0 ? `   ${report.waiting} waiting to be signed` : ''
    const count = `${report.entries} ${report.entries === 1 ? 'entry' : 'entries'}`
    return [`${name}  ${count.padStart(12)}  root ${report.root.slice(0, 16)}…  ${paint.good('ok')}${waiting}`]
  })
}

const KEEP = 'Keep its files as they are, and compare them with a copy that verifies.'

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
  const logs = await logNames(join(io.settings.home, 'audit'))
  if (!logs.includes(log)) return noLog(log, logs, io)
  let left = wholeNumber(values.most, '--most', 1000)
  let shown = 0
  for await (const entry of readEntries(join(io.settings.home, 'audit', log), selection)) {
    if (left-- === 0) break
    shown += 1
    io.out(values.json === true ? printJson(entry) : line(plainTexts(entry)))
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
  const number = (name: string): string => (typeof entry[name] === 'number' ? String(entry[name]) : '?')
  const id = (name: string): string => {
    const value = entry[name]
    const named = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
    return typeof named === 'string' ? named : '?'
  }
  switch (entry.kind) {
    case 'decision':
      return `${text('exchange')}  ${text('decision').padEnd(5)} ${id('principal')} → ${text('action')} → ${id('resource')}  ${text('reason')}`
    case 'outcome':
      return `${text('exchange')}  ${text('ended')} ${number('status')}  ${number('bytes')} bytes  ${text('reason')}`
    case 'change':
      return `${text('what')} ${text('subject')}  ${text('why')}`
    case 'secret':
      return `${text('what')} ${text('reference')}  ${text('why') || text('fingerprint')}`
    default:
      return [text('indicator'), text('subject'), text('source'), text('exchange')].filter(Boolean).join('  ')
  }
}
