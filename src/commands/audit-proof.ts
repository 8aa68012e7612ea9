// `sallyport audit proof EXCHANGE`: a file that proves offline what the logs hold of one exchange. It is checked before it is given
// away, by the code that whoever gets it will check it with: a damaged log makes no file.
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findExchange, type FoundEntry, NOT_ALL_SEARCHED } from '#audit/find-exchange.ts'
import { NotSignedYet, proofsOfEntries, type ProofSource } from '#audit/proofs-of-entries.ts'
import { checkProof } from '#audit/verify/check-proof.ts'
import { MOST, readRegularFile } from '#audit/verify/regular-file.ts'
import { ulidTime } from '#lib/ulid.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { plain } from './print-problems.ts'
import { recordRead } from './reader-log.ts'

/** A gateway that runs signs within a second. */
const LOOKS = 50
const BETWEEN_LOOKS = 100

export async function auditProof(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: { out: { type: 'string' }, witnessed: { type: 'string' } },
    allowPositionals: true,
  })
  const [exchange] = positionals
  if (exchange === undefined || positionals.length > 1 || ulidTime(exchange) === undefined)
    throw new UsageError('audit proof takes one exchange id, as in x-sallyport-exchange')
  const auditDirectory = join(io.settings.home, 'audit')
  const witnessed = values.witnessed === undefined ? {} : { witnessDirectory: resolve(io.cwd, values.witnessed) }
  // Where no logs are, nothing is read.
  if (existsSync(auditDirectory)) await recordRead(io, { what: 'proof', subject: '*', selection: {}, exchange })
  const found = await findExchange(auditDirectory, exchange)
  const entries = found ? ownEntries([...found.decisions, ...found.outcomes, ...found.others]) : []
  if (entries.length === 0) {
    io.err(plain(`sallyport: no log in ${auditDirectory} knows of this exchange`))
    if (found?.complete === false) io.err(NOT_ALL_SEARCHED)
    return 1
  }
  const text = await provenText({ auditDirectory, ...witnessed }, entries)
  const keys = await keysOf(auditDirectory, entries)
  const { ok, problems } = checkProof(Buffer.from(text), keys)
  if (!ok) {
    for (const problem of problems) io.err(plain(`sallyport: ${problem}`))
    io.err('sallyport: the log does not prove this exchange, and no proof was written; see `audit verify --all`')
    return 1
  }
  if (values.out === undefined) io.out(text.slice(0, -1))
  else for (const line of await handOver(text, resolve(io.cwd, values.out), { entries, keys })) io.out(line)
  return 0
}

async function handOver(
  text: string,
  path: string,
  { entries, keys }: { readonly entries: readonly FoundEntry[]; readonly keys: ReadonlyMap<string, string> },
): Promise<readonly string[]> {
  await writeNew(path, text)
  const open = entries.some(({ entry }) => entry.kind === 'outcome')
    ? []
    : ['note  The exchange has no outcome yet: this proves what stands so far.']
  return [
    plain(`${path}: ${entries.map(({ log, entry }) => `${entry.kind} ${log}/${entry.index}`).join(', ')}`),
    ...open,
    'Whoever checks it needs the key of the log: from its owner, and not in one parcel with the file.',
    ...[...keys].map(([log, key]) => `  --key ${plain(`${log}=${key}`)}`),
  ]
}

/** Who read of the exchange is nobody's business but the log's owner's. */
function ownEntries(found: readonly FoundEntry[]): readonly FoundEntry[] {
  return found
    .filter(({ entry }) => entry.kind !== 'read')
    .toSorted((left, right) => left.entry.time.localeCompare(right.entry.time) || left.entry.index - right.entry.index)
}

/** Throws an Error that says what to do where the entries stay unsigned. */
async function provenText(source: ProofSource, entries: readonly FoundEntry[]): Promise<string> {
  const places = entries.map(({ log, entry }) => ({ log, index: entry.index }))
  for (let look = 1; ; look++) {
    try {
      return await proofsOfEntries(source, places)
    } catch (error) {
      if (!(error instanceof NotSignedYet)) throw error
      if (look === LOOKS)
        throw new Error(`${error.message}; a gateway that runs, or starts, signs it`, { cause: error })
      await pause(BETWEEN_LOOKS)
    }
  }
}

async function keysOf(auditDirectory: string, entries: readonly FoundEntry[]): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>()
  for (const { log } of entries) {
    const key = await readRegularFile(join(auditDirectory, log, 'key.pub'), MOST.note)
    if (key) keys.set(log, key.toString().trim())
  }
  return keys
}

/** Who asked whom for what is in it: only its owner may read it. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const why = code === 'EEXIST' ? 'is there already, and is not overwritten' : `cannot be made (${code})`
    throw new Error(plain(`${path} ${why}`), { cause })
  })
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
