// Sessions to begin in tests, and where they are begun.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Bounds, Ending, Session, Sessions } from '#access/session.ts'
import { openSessions } from '#store/sessions.ts'
import { memorySessions } from '../doubles/memory-sessions.ts'

export const NOW = 1_795_000_000_000
export const MINUTE = 60_000

export const ALICE: Principal = {
  type: 'User',
  id: 'harbor/alice',
  groups: ['clinicians'],
  attributes: { ward: 'north', level: 9_007_199_254_740_993n },
  proof: { method: 'jwt', issuer: 'harbor', issuedAt: 1_795_000_000, expiresAt: 1_795_028_800 },
}

export const INTAKE_FOR_ALICE: Principal = {
  type: 'App',
  id: 'intake',
  groups: [],
  attributes: {},
  proof: { method: 'session', issuer: 'sallyport', issuedAt: 1_795_000_000, expiresAt: 1_795_000_900 },
  onBehalfOf: ALICE,
  grants: [{ of: 'session 01A', models: new Set(['clinic-small']), actions: new Set(['infer']) }],
}

export const BOUNDS: Bounds = {
  expires: NOW + 60 * MINUTE,
  idle: 10 * MINUTE,
  tokens: 1000,
  calls: 100,
  clean: 3,
  outOfScope: 3,
  misuse: 1,
}

export function session(id: string, others: Partial<Session> = {}, bounds: Partial<Bounds> = {}): Session {
  return {
    id,
    kind: 'declared',
    tier: 3,
    principal: INTAKE_FOR_ALICE,
    client: 'intake',
    task: { type: 'answer-query', models: ['clinic-small'], actions: ['infer'], tools: [], output: 'text' },
    binding: { by: 'key', jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' },
    bounds: { ...BOUNDS, ...bounds },
    began: NOW,
    rules: 'f00d',
    ...others,
  }
}

export const BY_EVE: Ending = { at: NOW + 5, why: 'ended', by: 'eve' }

export const freshFile = (): string => join(mkdtempSync(join(tmpdir(), 'sessions-')), 'runtime.db')

const opened: { close(): void }[] = []

export function remembered<T extends { close(): void }>(store: T): T {
  opened.push(store)
  return store
}

export function closeAll(): void {
  for (const each of opened.splice(0)) each.close()
}

export const STORES: readonly (readonly [string, () => Sessions])[] = [
  ['SQLite', () => remembered(openSessions(freshFile()))],
  ['memory', memorySessions],
]

export function reasonOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
  return 'not refused'
}
