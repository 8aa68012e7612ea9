// Verifies one log from its files alone: signature, every hash from the entries up to the signed root, and the form of
// every entry. The checkpoint is read first, so that a writer at work only ever adds to what is being verified.
import { basename, join, relative } from 'node:path'
import { nameDifferences } from './differences.ts'
import { EntryForm, fieldsOf } from './entry-form.ts'
import { judgeJournal } from './journal-tail.ts'
import { hashLeaf } from './merkle.ts'
import { judgeWitnessed, missingFrom, unknownBesides, vouchedBy } from './judge-witnessed.ts'
import { type Leaves, readLeaves } from './leaves.ts'
import { MOST, readRegularFile, UnreadableFile } from './regular-file.ts'
import { Findings, type Report, WITHOUT_WITNESS } from './report.ts'
import { type Checkpoint, readCheckpoint, readVerifierKey, type VerifierKey } from './signed-note.ts'
import { type Parts, readEntries, readHashes } from './tile-files.ts'
import type { Witnessed } from './witnessed.ts'

export interface VerifyOptions {
  /** The key that the log must be signed with, as recorded elsewhere. Without it `key.pub` is taken at its word. */
  readonly expectedKey?: string
  /** What witnesses saw of it, read before the log is: a log at work only grows. */
  readonly witnessed?: readonly Witnessed[]
}

/** `directory` is the log's own, such as `audit/gateway-0`. What cannot be read there is a problem like any other. */
export async function verifyLog(directory: string, options: VerifyOptions = {}): Promise<Report> {
  const findings = new Findings()
  try {
    return await verifyFiles(directory, options, findings)
  } catch (error) {
    findings.add('unreadable', whyUnreadable(error, directory))
    const seen = { log: basename(directory), key: options.expectedKey?.trim() ?? '', unknown: WITHOUT_WITNESS }
    return report({ ...seen, witnessed: [] }, undefined, 0, findings)
  }
}

/** Whatever it is: another log has its verdict all the same. */
function whyUnreadable(error: unknown, directory: string): string {
  if (error instanceof UnreadableFile) return `${relative(directory, error.path)} ${error.message}`
  if (!(error instanceof Error)) return 'the log cannot be verified'
  if (!('code' in error)) return `the log cannot be verified: ${error.message}`
  const path = 'path' in error ? relative(directory, String(error.path)) : 'a file'
  return `${path} cannot be read (${String(error.code)})`
}

async function verifyFiles(directory: string, options: VerifyOptions, findings: Findings): Promise<Report> {
  const log = basename(directory)
  const signed = await readRegularFile(join(directory, 'checkpoint'), MOST.note)
  const keyLine = await trustedKey(directory, options, findings)
  const { witnessed = [] } = options
  const atItsWord = options.expectedKey === undefined ? [KEY_AT_ITS_WORD] : []
  const seen = {
    log,
    key: keyLine ?? '',
    unknown: [...atItsWord, ...WITHOUT_WITNESS],
    witnessed: witnessed.map(vouchedBy),
  }
  const key = keyLine === undefined ? undefined : readVerifierKey(keyLine)
  if (keyLine !== undefined && !key) findings.add('wrong-key', 'the verifier key is malformed')
  if (!signed) findings.add('missing-log', `there is no log ${log} here: it has no checkpoint`)
  if (!signed) findings.addAll(missingFrom(witnessed))
  const checkpoint = signed && key ? checkCheckpoint(signed, key, log, findings) : undefined
  if (!checkpoint) return report(seen, undefined, 0, findings)
  const marks = new Set(witnessed.map(({ size }) => size))
  const leaves = await readLeaves(directory, checkpoint.size, findings, marks)
  judge(leaves, checkpoint, findings)
  checkBirth(leaves.birth, { log, key: seen.key }, findings)
  const waiting = await countWaiting(directory, { key, leaves, checkpoint }, findings)
  if (witnessed.length === 0) return report(seen, checkpoint, waiting, findings)
  const atHand = { ...checkpoint, rootAt: (size: number) => beginningOf(leaves, checkpoint, size) }
  findings.addAll(judgeWitnessed(atHand, witnessed))
  const unknown = [...atItsWord, ...unknownBesides(atHand, witnessed)]
  return report({ ...seen, unknown }, checkpoint, waiting, findings)
}

/** Held against the side that was signed. Where neither was, that is the problem. */
async function countWaiting(
  directory: string,
  { key, leaves, checkpoint }: { key: VerifierKey | undefined; leaves: Leaves; checkpoint: Checkpoint },
  findings: Findings,
): Promise<number> {
  const { size, root } = checkpoint
  const signedHashes = async (index: number): Promise<readonly Buffer[] | undefined> => {
    const width = Math.min(256, size - index * 256)
    if (leaves.rootOfTiles.equals(root)) return partsOf(await readHashes(directory, 0, index, width))
    if (!leaves.rootOfEntries.equals(root)) return undefined
    return partsOf(await readEntries(directory, index, width))?.map(hashLeaf)
  }
  const sizeNow = async (): Promise<number> => {
    const bytes = await readRegularFile(join(directory, 'checkpoint'), MOST.note)
    const now = bytes && key ? readCheckpoint(bytes, key) : undefined
    return now === undefined || typeof now === 'string' || now.signature !== 'holds' ? size : now.size
  }
  return judgeJournal(directory, { size, signedHashes, sizeNow }, findings)
}

const partsOf = (read: Parts) => (read === 'missing' ? undefined : read.parts)

/** As the signed side has it. Where neither gives the signed root, there is nothing to compare, and a problem already. */
function beginningOf({ rootOfTiles, rootOfEntries, beginnings }: Leaves, { root }: Checkpoint, size: number) {
  if (rootOfEntries.equals(root)) return beginnings.get(size)?.ofEntries
  return rootOfTiles.equals(root) ? beginnings.get(size)?.ofTiles : undefined
}

const KEY_AT_ITS_WORD =
  'The key was taken from key.pub beside the log: whoever can write there can put another key and sign anew.'

async function trustedKey(directory: string, options: VerifyOptions, findings: Findings): Promise<string | undefined> {
  const beside = (await readRegularFile(join(directory, 'key.pub'), MOST.note))?.toString().trim()
  if (beside === undefined) findings.add('wrong-key', 'key.pub is missing')
  const { expectedKey } = options
  if (expectedKey !== undefined && beside !== undefined && beside !== expectedKey.trim()) {
    findings.add('wrong-key', `key.pub is not the key recorded for this log, which is ${expectedKey.trim()}`)
  }
  return expectedKey?.trim() ?? beside
}

function checkCheckpoint(bytes: Buffer, key: VerifierKey, log: string, findings: Findings): Checkpoint | undefined {
  const checkpoint = readCheckpoint(bytes, key)
  if (typeof checkpoint === 'string') {
    findings.add('bad-checkpoint', `the checkpoint is malformed: ${checkpoint}`)
    return undefined
  }
  if (checkpoint.signature === 'unsigned') findings.add('bad-checkpoint', `the checkpoint is not signed by ${key.name}`)
  if (checkpoint.signature === 'forged') findings.add('bad-checkpoint', 'the signature of the checkpoint does not hold')
  const origin = `sallyport/${key.fingerprint}/${log}`
  if (checkpoint.origin !== origin || key.name !== origin) {
    findings.add('bad-checkpoint', `this is the log ${checkpoint.origin}, but here ${origin} must stand`)
  }
  return checkpoint
}

/** Which side was signed decides what a difference between entries and tiles means. */
function judge(leaves: Leaves, { size, root }: Checkpoint, findings: Findings): void {
  const tilesHold = leaves.rootOfTiles.equals(root)
  const entriesHold = leaves.rootOfEntries.equals(root)
  if (!tilesHold && !entriesHold) {
    findings.add(
      'wrong-root',
      `neither the entries nor the tiles give the root that the checkpoint signs for ${size} entries`,
    )
  }
  if (entriesHold) {
    for (const { index } of leaves.suspects) {
      findings.add('bad-tile', `tile ${index} of level 0 differs from the entries, which give the signed root`)
    }
    return
  }
  const than = tilesHold ? 'the signed root' : 'its tile, and neither gives the signed root'
  for (const [first, ...rest] of runs(leaves.suspects)) {
    if (!first) continue
    const suspects = [first, ...rest]
    const entries = suspects.flatMap((suspect) => suspect.entries)
    const wanted = suspects.flatMap((suspect) => suspect.wanted)
    const from = first.index * 256
    const problems = nameDifferences(from, wanted, entries.map(hashLeaf), { end: size, than })
    for (const { kind, message, index } of problems) findings.add(kind, message, index)
    // With no tile to trust, what the entries say of themselves is all there is.
    if (!tilesHold) checkForms(entries, from, findings)
  }
  if (leaves.more) findings.add('wrong-root', 'more bundles differ from their tiles than are compared here')
}

/** Neighbouring suspects belong together: an entry taken out shifts all that follow. */
function runs<T extends { readonly index: number }>(suspects: readonly T[]): readonly (readonly T[])[] {
  const all: T[][] = []
  for (const suspect of suspects) {
    const last = all.at(-1)
    if (last && last.at(-1)?.index === suspect.index - 1) last.push(suspect)
    else all.push([suspect])
  }
  return all
}

function checkForms(entries: readonly Buffer[], from: number, findings: Findings): void {
  const form = new EntryForm(findings)
  for (const [at, entry] of entries.entries()) form.check(entry, from + at)
}

function checkBirth(bytes: Buffer | undefined, { log, key }: { log: string; key: string }, findings: Findings): void {
  const birth = bytes && fieldsOf(bytes)
  if (!birth) return
  if (birth['what'] !== 'log-birth' || birth['subject'] !== log) {
    findings.add('bad-entry', 'entry 0 does not record the birth of this log', 0)
  } else if (birth['after'] !== key) findings.add('wrong-key', 'entry 0 records another key than the one used here', 0)
}

function report(
  seen: Pick<Report, 'log' | 'key' | 'unknown' | 'witnessed'>,
  checkpoint: Checkpoint | undefined,
  waiting: number,
  findings: Findings,
): Report {
  const problems = findings.list()
  const root = checkpoint?.root.toString('hex') ?? ''
  return { ...seen, entries: checkpoint?.size ?? 0, root, ok: problems.length === 0, problems, waiting }
}
