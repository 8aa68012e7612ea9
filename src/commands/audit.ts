// `sallyport audit verify` proves the logs; `sallyport audit show` reads one.
import { join } from 'node:path'
import { logNames } from '#audit/log-files.ts'
import { type ReadEntry, readEntries } from '#audit/read.ts'
import { auditExport } from './audit-export.ts'
import { auditProof } from './audit-proof.ts'
import { auditProofCheck } from './audit-proof-check.ts'
import { auditVerify } from './audit-verify.ts'
import { type Io, UsageError } from './io.ts'
import { noLog } from './no-log.ts'
import { readOptions } from './options.ts'
import { plainTexts, printJson } from './terminal.ts'

export async function audit(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  switch (verb) {
    case 'verify':
      return auditVerify(rest, io)
    case 'show':
      return show(rest, io)
    case 'export':
      return auditExport(rest, io)
    case 'proof':
      return auditProof(rest, io)
    case 'check-proof':
      return auditProofCheck(rest, io)
    default:
      throw new UsageError('audit takes verify, show, export, proof or check-proof')
  }
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
