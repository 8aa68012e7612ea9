// What the journal says beside the checkpoint. Nothing in it is signed, and without the key of the log nobody can tell who wrote
// it: what no checkpoint covers is counted and not vouched for, what one covers must be what is signed.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MOST, readRegularFile } from './regular-file.ts'
import type { Findings } from './report.ts'

export interface Covered {
  readonly size: number
  /** The leaf hashes of bundle `index`, as they are signed; undefined where nothing there is. */
  signedHashes(index: number): Promise<readonly Buffer[] | undefined>
  /** What a checkpoint signs by now: the writer may have gone on. */
  sizeNow(): Promise<number>
}

/** How many entries wait to be signed. A segment that a live writer removes meanwhile is no longer waiting. */
export async function judgeJournal(directory: string, covered: Covered, findings: Findings): Promise<number> {
  const journal = join(directory, 'journal')
  const names = await readdir(journal).catch(() => [])
  // Of two entries with one index the later counts: the writer gave that index away again.
  const hashes = new Map<number, Buffer>()
  let end = 0
  for (const name of names.filter((candidate) => /^[0-9]{8}$/.test(candidate)).sort()) {
    const bytes = await readRegularFile(join(journal, name), MOST.segment)
    const [head, ...entries] = bytes ? wholeFrames(bytes) : []
    const first = head && firstIndex(head.body)
    if (first === undefined) continue
    const before = Math.max(end, covered.size)
    // What is signed may be missing: it is removed, and a machine that died may bring some of it back.
    if (first > before && first > (await covered.sizeNow())) {
      findings.add('bad-journal', `the journal goes on at entry ${first}, but has no entry ${before}`)
      break
    }
    for (const [at, { hash }] of entries.entries()) if (first + at < covered.size) hashes.set(first + at, hash)
    end = first + entries.length
  }
  await compare(hashes, covered, findings)
  return Math.max(0, end - covered.size)
}

async function compare(hashes: ReadonlyMap<number, Buffer>, covered: Covered, findings: Findings): Promise<void> {
  let bundle = -1
  let signed: readonly Buffer[] | undefined
  for (const [index, hash] of hashes) {
    if (Math.floor(index / 256) !== bundle) {
      bundle = Math.floor(index / 256)
      signed = await covered.signedHashes(bundle)
    }
    if (signed?.[index % 256]?.equals(hash) !== false) continue
    findings.add('bad-journal', `the journal holds another entry ${index} than the one that is signed`, index)
  }
}

interface WholeFrame {
  readonly hash: Buffer
  readonly body: Buffer
}

/** uint32 length of what follows the hash, hash of 0x00 and the body, 16 bytes for the writer alone, body; up to the first not whole. */
function wholeFrames(bytes: Buffer): readonly WholeFrame[] {
  const frames: WholeFrame[] = []
  let at = 0
  while (at + 52 < bytes.length) {
    const end = at + 36 + bytes.readUInt32BE(at)
    if (end <= at + 52 || end > bytes.length) break
    // A copy, so that a segment can be let go of.
    const hash = Buffer.from(bytes.subarray(at + 4, at + 36))
    const body = bytes.subarray(at + 52, end)
    if (!createHash('sha256').update(Buffer.of(0)).update(body).digest().equals(hash)) break
    frames.push({ hash, body })
    at = end
  }
  return frames
}

function firstIndex(head: Buffer): number | undefined {
  try {
    const { journal, log, first, root, life, open } = JSON.parse(head.toString()) as Record<string, unknown>
    const isBound = /^[0-9a-f]{64}$/.test(String(root)) && /^[0-9a-f]{32}$/.test(String(life))
    const isHead = journal === 3 && typeof log === 'string' && isBound && Array.isArray(open)
    return isHead && Number.isSafeInteger(first) && Number(first) >= 0 ? Number(first) : undefined
  } catch {
    return undefined
  }
}
