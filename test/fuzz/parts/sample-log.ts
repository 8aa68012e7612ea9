// A log of three hundred entries as the writer leaves it, in memory: made once a process, from a fixed clock and key.
import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { proofsOfEntries } from '#audit/proofs-of-entries.ts'
import { decisionOf, exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf } from '#audit/test-log.ts'

export interface SampleLog {
  /** By their paths relative to the log's directory. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly key: string
  /** A proof file of two entries that hold. */
  readonly proof: Buffer
}

export const LOG = 'gateway-0'
const EXCHANGES = 150

let made: Promise<SampleLog> | undefined
export const sampleLog = (): Promise<SampleLog> => (made ??= make())

async function make(): Promise<SampleLog> {
  const home = await makeHome()
  try {
    const log = await openTestLog(home, { log: LOG, files: hastyFiles })
    for (let at = 0; at < EXCHANGES; at += 1) {
      await log.append(decisionOf(exchangeId(at)), 'process')
      await log.append(outcomeOf(exchangeId(at)), 'process')
    }
    await log.close()
    const directory = join(home.audit, LOG)
    const files = new Map<string, Buffer>()
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      files.set(path.slice(directory.length + 1), await readFile(path))
    }
    const places = [7, 290].map((index) => ({ log: LOG, index }))
    const proof = Buffer.from(await proofsOfEntries({ auditDirectory: home.audit }, places))
    return { files, key: (files.get('key.pub') ?? Buffer.alloc(0)).toString().trim(), proof }
  } finally {
    await rm(dirname(home.audit), { recursive: true, force: true })
  }
}
