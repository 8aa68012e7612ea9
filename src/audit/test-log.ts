// For tests only: logs made from a fixed clock and fixed randomness, sample entries, and a disk that fails when told.
import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DecisionEntry, OutcomeEntry } from '#access/trail.ts'
import type { Clock } from '#lib/clock.ts'
import type { AuditLog } from './audit-log.ts'
import { diskFiles, type Files } from './files.ts'
import { openLog } from './open-log.ts'
import { makeHead } from './segment.ts'

/** Begins at 2026-01-02T03:04:05.678Z and goes on by 7 ms each time that it is read. */
export function steppingClock(from = Date.UTC(2026, 0, 2, 3, 4, 5, 678)): Clock {
  let now = from - 7
  return { now: () => (now += 7), monotonic: () => 0 }
}

/** What marks a life of the writer is no part of the row: which ids entries get does not hang on the journal's form. */
export function countedRandom(seed = 'sallyport'): (length: number) => Uint8Array {
  let count = 0
  return (length) => hash('sha256', `${seed} ${length === 16 ? 'life' : count++}`, 'buffer').subarray(0, length)
}

/** A segment's head, without its MAC, as of some life and behind some history. */
export function someHead(first: number): Buffer {
  return makeHead({ log: 'gateway-0', first, root: '00'.repeat(32), life: '00'.repeat(16), open: [] })
}

export interface TestHome {
  readonly audit: string
  readonly keys: string
}

const homes: string[] = []

/** Each test file that makes homes MUST remove them: `afterAll(removeHomes)`. */
export async function makeHome(): Promise<TestHome> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-audit-'))
  homes.push(home)
  return { audit: join(home, 'audit'), keys: join(home, 'keys') }
}

export async function removeHomes(): Promise<void> {
  await Promise.all(homes.splice(0).map((home) => rm(home, { recursive: true, force: true })))
}

export interface TestLog {
  readonly log?: string
  readonly files?: Files
  readonly clock?: Clock
  readonly seed?: string
  readonly interval?: number
}

/** Integrates only when told, unless an interval is given. */
export function openTestLog(home: TestHome, options: TestLog = {}): Promise<AuditLog> {
  return openLog({
    directory: home.audit,
    keys: home.keys,
    log: options.log ?? 'gateway-0',
    clock: options.clock ?? steppingClock(),
    random: countedRandom(options.seed),
    interval: options.interval ?? 3_600_000,
    ...(options.files ? { files: options.files } : {}),
  })
}

/** A ULID of 2026-01-02T03:04:05.678Z that ends in the number. */
export function exchangeId(number: number): string {
  return `01KDYAK3SE${String(number).padStart(16, '0')}`
}

export function decisionOf(exchange: string, decision: 'allow' | 'deny' = 'allow'): DecisionEntry {
  return {
    kind: 'decision',
    exchange,
    principal: { type: 'User', id: 'alice', groups: ['clinicians'], chain: [{ type: 'User', id: 'alice' }] },
    action: 'infer',
    resource: { type: 'Model', id: 'clinic-small' },
    decision,
    policies: ['clinicians-infer'],
    bundle: '0f'.repeat(32),
    findings: [],
    checks: [{ name: 'decide', verdict: decision === 'allow' ? 'pass' : 'fail', us: 4 }],
  }
}

export function outcomeOf(exchange: string): OutcomeEntry {
  return { kind: 'outcome', exchange, status: 200, bytes: 512, ended: 'complete', findings: [], checks: [] }
}

/** The disk without its syncs, for tests that open very many logs and pull no plug. */
export const hastyFiles: Files = {
  ...diskFiles,
  settle: () => undefined,
  settleDirectory: () => undefined,
  sync: () => Promise.resolve(),
  syncDirectory: () => Promise.resolve(),
  syncWritten: () => Promise.resolve(),
  writeSynced: (path, bytes) => writeFile(path, bytes, { mode: 0o600 }),
}

/** Operations of the disk; `undefined` lets one pass, an error is what it fails with. */
export type Fault = (operation: keyof Files, path: string) => Error | undefined

/** The disk, asked about each operation first. A write that fails takes half of its bytes, as a full disk does. */
export function faultyFiles(fault: Fault): Files {
  const paths = new Map<number, string>()
  const check = (operation: keyof Files, path: string): void => {
    const error = fault(operation, path)
    if (error) throw error
  }
  const named = (file: number): string => paths.get(file) ?? ''
  return {
    create: (path) => {
      check('create', path)
      const file = diskFiles.create(path)
      paths.set(file, path)
      return file
    },
    write: (file, bytes, from) => {
      const error = fault('write', named(file))
      if (!error) return diskFiles.write(file, bytes, from)
      diskFiles.write(file, bytes.subarray(0, from + Math.ceil((bytes.length - from) / 2)), from)
      throw error
    },
    truncate: (file, length) => {
      check('truncate', named(file))
      diskFiles.truncate(file, length)
    },
    settle: (file) => {
      check('settle', named(file))
      diskFiles.settle(file)
    },
    settleDirectory: (path) => {
      check('settleDirectory', path)
      diskFiles.settleDirectory(path)
    },
    sync: async (file) => {
      check('sync', named(file))
      await diskFiles.sync(file)
    },
    syncDirectory: async (path) => {
      check('syncDirectory', path)
      await diskFiles.syncDirectory(path)
    },
    syncWritten: async (path) => {
      check('syncWritten', path)
      await diskFiles.syncWritten(path)
    },
    close: (file) => diskFiles.close(file),
    writeSynced: async (path, bytes) => {
      const error = fault('writeSynced', path)
      if (error) await diskFiles.writeSynced(path, bytes.subarray(0, bytes.length >> 1)).catch(() => undefined)
      if (error) throw error
      await diskFiles.writeSynced(path, bytes)
    },
    rename: async (from, to) => {
      check('rename', to)
      await diskFiles.rename(from, to)
    },
    read: async (path) => {
      check('read', path)
      return diskFiles.read(path)
    },
    has: async (path) => {
      check('has', path)
      return diskFiles.has(path)
    },
    list: async (path) => {
      check('list', path)
      return diskFiles.list(path)
    },
    makeDirectory: async (path) => {
      check('makeDirectory', path)
      return diskFiles.makeDirectory(path)
    },
    remove: async (path) => {
      check('remove', path)
      await diskFiles.remove(path)
    },
  }
}
