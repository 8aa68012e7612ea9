// For tests only: a log that grows, a collector that does as it is told, and a writer that fills up.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamPlace } from '#access/keeping.ts'
import type { AuditLog } from '#audit/audit-log.ts'
import { decisionOf, exchangeId, openTestLog, outcomeOf } from '#audit/test-log.ts'
import { makeDialer } from '#upstream/dial.ts'
import { streamChore, type StreamParts } from './stream-chore.ts'
import type { LineWriter } from './stream-lines.ts'

const open: (() => Promise<unknown>)[] = []

/** `afterEach(putAway)`. */
export async function putAway(): Promise<void> {
  for (const close of open.splice(0).toReversed()) await close()
}

export interface Place {
  readonly home: string
  readonly audit: string
  readonly streams: string
  /** Records so many whole exchanges, and signs them. */
  grow(exchanges: number, log?: string): Promise<void>
}

export async function makePlace(): Promise<Place> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-stream-'))
  open.push(() => rm(home, { recursive: true, force: true }))
  const logs = new Map<string, AuditLog>()
  let count = 0
  return {
    home,
    audit: join(home, 'audit'),
    streams: join(home, 'streams'),
    async grow(exchanges, name = 'gateway-0') {
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
      await log.integrate()
    },
  }
}

export interface Collector {
  readonly url: string
  /** Of every log record that was taken: its exchange. Undefined for entries without. */
  readonly taken: (string | undefined)[]
  readonly spans: string[]
  requests: number
  /** What to answer; taken by default. */
  answer: (signal: string, records: number) => Response | Promise<Response> | undefined
  stop(): Promise<void>
}

interface Sent {
  readonly resourceLogs?: readonly { scopeLogs: readonly { logRecords: readonly Recorded[] }[] }[]
  readonly resourceSpans?: readonly { scopeSpans: readonly { spans: readonly { name: string }[] }[] }[]
}

interface Recorded {
  readonly attributes: readonly { key: string; value: { stringValue?: string } }[]
}

export function makeCollector(port = 0): Collector {
  const server = Bun.serve({
    port,
    hostname: '127.0.0.1',
    async fetch(request) {
      collector.requests++
      const body = (await request.json()) as Sent
      const records = body.resourceLogs?.[0]?.scopeLogs[0]?.logRecords ?? []
      const spans = body.resourceSpans?.[0]?.scopeSpans[0]?.spans ?? []
      const answer = await collector.answer(new URL(request.url).pathname, records.length + spans.length)
      if (answer && !answer.ok) return answer
      for (const { attributes } of records) {
        collector.taken.push(attributes.find(({ key }) => key === 'sallyport.exchange')?.value.stringValue)
      }
      collector.spans.push(...spans.map(({ name }) => name))
      return answer ?? Response.json({})
    },
  })
  const collector: Collector = {
    url: `http://127.0.0.1:${server.port}`,
    taken: [],
    spans: [],
    requests: 0,
    answer: () => undefined,
    stop: () => server.stop(true),
  }
  open.push(() => server.stop(true))
  return collector
}

export interface Stage {
  now: number
  readonly said: string[]
  readonly parts: StreamParts
}

const nothing: LineWriter = { write: () => true, on: () => undefined }

export function stageOf({ audit, streams }: Place, more: Partial<StreamParts> = {}): Stage {
  const said: string[] = []
  const stage: Stage = {
    now: Date.UTC(2026, 0, 2),
    said,
    parts: {
      audit,
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
export async function settle(chore: ReturnType<typeof streamChore>): Promise<readonly string[]> {
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
