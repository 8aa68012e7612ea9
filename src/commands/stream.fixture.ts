// For tests only: logs that grow, and a stream with all that it needs.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamPlace } from '#access/keeping.ts'
import type { Chore } from '#audit/follow/chore.ts'
import type { AuditLog } from '#audit/audit-log.ts'
import { decisionOf, exchangeId, openTestLog, outcomeOf } from '#audit/test-log.ts'
import { makeDialer } from '#upstream/dial.ts'
import type { StreamParts } from './stream-chore.ts'
import type { LineWriter } from './stream-lines.ts'

const open: (() => Promise<unknown>)[] = []

/** What is open is closed before what it stands in. */
export const later = (close: () => Promise<unknown>): void => void open.push(close)

/** `afterEach(putAway)`. */
export async function putAway(): Promise<void> {
  for (const close of open.splice(0).toReversed()) await close()
}

export interface Place {
  readonly home: string
  readonly audit: string
  readonly keys: string
  readonly streams: string
  /** Records so many whole exchanges, and signs them, unless the journal alone is to hold them. */
  grow(exchanges: number, log?: string, signed?: boolean): Promise<void>
}

export async function makePlace(): Promise<Place> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-stream-'))
  open.push(() => rm(home, { recursive: true, force: true }))
  const logs = new Map<string, AuditLog>()
  let count = 0
  return {
    home,
    audit: join(home, 'audit'),
    keys: join(home, 'keys'),
    streams: join(home, 'streams'),
    async grow(exchanges, name = 'gateway-0', signed = true) {
      const log =
        logs.get(name) ?? (await openTestLog({ audit: join(home, 'audit'), keys: join(home, 'keys') }, { log: name }))
      if (!logs.has(name)) {
        logs.set(name, log)
        open.push(() => log.close())
      }
      for (let left = exchanges; left > 0; left--) {
        const exchange = exchangeId(count++)
        await log.append(decisionOf(exchange), 'process')
        await log.append(outcomeOf(exchange), 'process')
      }
      if (signed) await log.integrate()
    },
  }
}

export interface Stage {
  now: number
  readonly said: string[]
  readonly parts: StreamParts
}

const nothing: LineWriter = { write: () => true, on: () => undefined, off: () => undefined }

export function stageOf({ audit, keys, streams }: Place, more: Partial<StreamParts> = {}): Stage {
  const said: string[] = []
  const stage: Stage = {
    now: Date.UTC(2026, 0, 2),
    said,
    parts: {
      audit,
      keys,
      streams,
      out: nothing,
      otlp: {
        dialer: makeDialer({ resolve: () => Promise.reject(new Error('no names here')), now: () => Date.now() }),
        credentials: { read: () => Promise.resolve('secret'), refresh: () => Promise.resolve('secret') },
        now: () => stage.now,
        limit: 5_000,
      },
      provider: () => undefined,
      release: '1.2.3',
      now: () => stage.now,
      report: (line) => void said.push(line),
      ...more,
    },
  }
  return stage
}

export const otlpTo = (url: string, signals: readonly ('logs' | 'traces')[] = ['logs']): StreamPlace => ({
  name: 'siem',
  to: 'otlp',
  url,
  signals,
  format: 'native',
  private: false,
})

const running = new AbortController().signal

/** Turns until nothing is left to do. Resolves to the complaints on the way. */
export async function settle(chore: Chore): Promise<readonly string[]> {
  const complaints: string[] = []
  for (let turns = 0; turns < 1_000; turns++) {
    try {
      if ((await chore.turn(running)) === 'done') return complaints
    } catch (error) {
      complaints.push(error instanceof Error ? error.message : String(error))
      return complaints
    }
  }
  throw new Error('it never ends')
}
