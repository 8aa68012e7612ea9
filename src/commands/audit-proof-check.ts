// `sallyport audit check-proof FILE`: what a proof file proves, from the file and keys from elsewhere, without a state directory.
// Without the key of every log in it nothing is proven: anybody can make a tree, and a file that holds together.
import { resolve } from 'node:path'
import { checkProof, type ProofReport, type ProvenEntry } from '#audit/verify/check-proof.ts'
import { readWitnessKey, type WitnessKey } from '#audit/verify/cosignature.ts'
import { MOST_PROOF_BYTES } from '#audit/verify/proof-text.ts'
import { MOST, readRegularFile, UnreadableFile } from '#audit/verify/regular-file.ts'
import { readVerifierKey } from '#audit/verify/signed-note.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { plainTexts, printJson } from './terminal.ts'

export async function auditProofCheck(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      key: { type: 'string', multiple: true },
      'key-file': { type: 'string', multiple: true },
      witness: { type: 'string', multiple: true },
    },
    allowPositionals: true,
  })
  const [name] = positionals
  if (name === undefined || positionals.length > 1) throw new UsageError('audit check-proof takes one file')
  const keys = new Map<string, string>()
  for (const pin of values.key ?? []) give(keys, ...pinned(pin))
  for (const file of values['key-file'] ?? []) give(keys, ...(await keyInFile(file, io)))
  const witnesses = (values.witness ?? []).map(witnessKey)
  const bytes = await fileAt(name, MOST_PROOF_BYTES, io)
  if (!bytes) {
    io.err(plain(`sallyport: there is no file ${name}`))
    return 1
  }
  const report = checkProof(bytes, keys, witnesses)
  if (values.json === true) io.out(printJson(report, 2))
  else for (const line of lines(report, io.color)) io.out(line)
  return report.ok ? 0 : 1
}

function give(keys: Map<string, string>, log: string, key: string): void {
  if (keys.has(log)) throw new UsageError(`the key of ${log} is given twice`)
  keys.set(log, key)
}

function pinned(pin: string): readonly [log: string, key: string] {
  const [, log, key] = /^([a-z][a-z0-9-]{0,62})=(\S+)$/.exec(pin) ?? []
  if (log === undefined || key === undefined || !readVerifierKey(key))
    throw new UsageError('--key takes LOG=NOTEKEY, with a verifier key as it stands in key.pub')
  return [log, key]
}

async function keyInFile(name: string, io: Io): Promise<readonly [log: string, key: string]> {
  const key = (await fileAt(name, MOST.note, io))?.toString().trim()
  const log =
    key === undefined ? undefined : /^[^+]*\/([a-z][a-z0-9-]{0,62})$/.exec(readVerifierKey(key)?.name ?? '')?.[1]
  if (key === undefined || log === undefined) throw new UsageError('--key-file takes a file as the key.pub of a log')
  return [log, key]
}

function witnessKey(line: string): WitnessKey {
  const key = readWitnessKey(line)
  if (!key) throw new UsageError('--witness takes the verifier key of a witness: NAME+ID+BASE64')
  return key
}

async function fileAt(name: string, most: number, io: Io): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(resolve(io.cwd, name), most)
  } catch (error) {
    throw error instanceof UnreadableFile ? new Error(plain(`${name} ${error.message}`), { cause: error }) : error
  }
}

function lines(report: ProofReport, color: boolean): readonly string[] {
  const paint = painter(color)
  const { ok, problems, unkeyed, entries, exchange, witnessed } = plainTexts(report)
  if (!ok) {
    const verdict = problems.length > 0 ? 'NOT PROVEN' : 'NOTHING PROVEN YET'
    const missing = unkeyed.map(
      (log) => `${log}: give its key, from its owner and not from whoever brought this file: --key ${log}=NOTEKEY`,
    )
    return [paint.bad(verdict), ...[...problems, ...missing].map((line) => `  ${paint.bad('✗')} ${line}`)]
  }
  const trees = new Map(entries.map((entry) => [entry.log, entry]))
  const others = new Set(entries.flatMap((entry) => entry.others))
  return [
    `${paint.good('PROVEN')}  exchange ${exchange}`,
    ...entries.map((entry) => ` ${kindOf(entry).padEnd(9)} ${toldBy(entry)}`),
    ...[...trees.values()].map(
      ({ log, size, root, signer }) =>
        ` log       ${log} of ${size} entries, root ${root}\n           signed by ${signer}, with the key that you gave`,
    ),
    ...witnessed.map(({ by, time }) => ` witness   ${by} saw this tree at ${time}, with the key that you gave`),
    ...(others.size > 0 ? [` beside    ${[...others].join(', ')}: signed too, not checked (--witness NOTEKEY)`] : []),
    'note  These entries stand in that log, as shown. That no other entry names the exchange is not proven.',
  ]
}

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '?')

const kindOf = ({ fields }: ProvenEntry): string => text(fields['kind'])

function toldBy({ log, index, fields }: ProvenEntry): string {
  const place = `${text(fields['time'])}  ${log} entry ${index}`
  const named = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'object' || value === null) return '?'
    const { type, id } = value as { readonly type?: unknown; readonly id?: unknown }
    return `${text(type)} ${text(id)}`
  }
  switch (fields['kind']) {
    case 'decision': {
      const reason = fields['reason'] === undefined ? '' : ` (${text(fields['reason'])})`
      return `${text(fields['decision'])}${reason}: ${named('principal')} → ${text(fields['action'])} → ${named('resource')}  ${place}`
    }
    case 'outcome':
      return `${text(fields['ended'])}, status ${text(fields['status'])}, ${text(fields['bytes'])} bytes  ${place}`
    default:
      return place
  }
}
