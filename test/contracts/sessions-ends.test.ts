// What every Sessions promises of ends, lists and single tokens, and every OnlyOnce of what may be used once.
import { afterAll, describe, expect, test } from 'bun:test'
import type { OnlyOnce, Sessions } from '#access/session.ts'
import { openOnlyOnce } from '#store/only-once.ts'
import { memoryOnlyOnce } from '../doubles/memory-sessions.ts'
import { ALICE, BY_EVE, closeAll, freshFile, MINUTE, NOW, remembered, session, STORES } from './session-fixture.ts'

afterAll(closeAll)

describe.each(STORES)('%s: ends', (_, make) => {
  test('are told to whoever asks what ended since, oldest first and once', () => {
    const sessions = make()
    for (const id of ['01A', '01B', '01C']) sessions.begin(session(id))
    const start = sessions.endedSince(Infinity)
    expect(start.ids).toEqual([])
    sessions.end('01B', BY_EVE)
    sessions.end('01A', BY_EVE)
    const first = sessions.endedSince(start.mark)
    expect(first.ids).toEqual(['01B', '01A'])
    expect(sessions.endedSince(first.mark)).toEqual({ mark: first.mark, ids: [] })
    sessions.call('01C', NOW + 60 * MINUTE)
    expect(sessions.endedSince(first.mark).ids).toEqual(['01C'])
    expect(sessions.endedSince(Infinity)).toEqual({ mark: sessions.endedSince(first.mark).mark, ids: [] })
    expect(sessions.endedSince(0).ids).toEqual(['01B', '01A', '01C'])
  })

  test('of one whose calls are used up, and that somebody ends besides, are told twice', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { calls: 1 }))
    sessions.begin(session('01B'))
    expect([sessions.call('01A', NOW), sessions.call('01A', NOW), sessions.call('01A', NOW)]).toEqual([
      'counted',
      'calls',
      'calls',
    ])
    expect(sessions.endedSince(0).ids).toEqual(['01A'])
    expect(sessions.end('01A', BY_EVE)).toEqual([])
    expect(sessions.find('01A')?.ended?.why).toBe('calls')
    sessions.end('01B', BY_EVE)
    sessions.end('01B', BY_EVE)
    expect(sessions.endedSince(0).ids).toEqual(['01A', '01A', '01B'])
  })

  test('come by themselves to what is past its end or idle, and to all below it', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { expires: NOW + 15 * MINUTE, idle: 20 * MINUTE }))
    sessions.begin(session('01B', { parent: '01A' }, { idle: 20 * MINUTE }))
    sessions.begin(session('01C'))
    sessions.begin(session('01D'))
    sessions.call('01D', NOW + 9 * MINUTE)
    expect(sessions.sweep(NOW + 10 * MINUTE - 1)).toEqual([])
    expect(sessions.sweep(NOW + 10 * MINUTE)).toEqual(['01C'])
    expect(sessions.sweep(NOW + 15 * MINUTE)).toEqual(['01A', '01B'])
    expect(sessions.sweep(NOW + 19 * MINUTE - 1)).toEqual([])
    expect(sessions.sweep(NOW + 19 * MINUTE)).toEqual(['01D'])
    expect(['01A', '01B', '01C', '01D'].map((id) => sessions.find(id)?.ended?.why)).toEqual([
      'expired',
      'parent-ended',
      'idle',
      'idle',
    ])
  })

  test('wait for the log until they stand in it', () => {
    const sessions = make()
    for (const id of ['01A', '01B']) sessions.begin(session(id))
    sessions.recorded('01A')
    sessions.end('01A', { ...BY_EVE, at: NOW + 9 })
    sessions.end('01B', BY_EVE)
    expect(sessions.unrecorded().map(({ session, ended }) => `${session.id} ${ended?.at}`)).toEqual([
      '01B 1795000000005',
      '01A 1795000000009',
    ])
    sessions.recorded('01B')
    expect(sessions.unrecorded().map(({ session }) => session.id)).toEqual(['01A'])
  })

  test('are forgotten a month later, the whole family at once, and never before they stand in the log', () => {
    const sessions = make()
    const later = NOW + 31 * 24 * 60 * MINUTE
    sessions.begin(session('01A'))
    sessions.begin(session('01B', { parent: '01A' }))
    sessions.label('01B', ['health'])
    sessions.end('01A', BY_EVE)
    sessions.recorded('01A')
    sessions.sweep(later)
    expect(sessions.find('01A')).toBeDefined()
    sessions.recorded('01B')
    sessions.sweep(NOW + 29 * 24 * 60 * MINUTE)
    expect(sessions.find('01B')?.labels).toEqual(['health'])
    const { mark } = sessions.endedSince(Infinity)
    sessions.sweep(later)
    expect([sessions.find('01A'), sessions.find('01B')]).toEqual([undefined, undefined])
    sessions.begin(session('01C'))
    sessions.end('01C', BY_EVE)
    expect(sessions.endedSince(mark).ids).toEqual(['01C'])
  })
})

describe.each(STORES)('%s: lists and tokens', (_, make) => {
  test('the newest are listed first, of a principal anywhere in the chain, of a client, open or ended', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    sessions.begin(session('01B', { principal: ALICE, client: 'editor' }))
    sessions.begin(session('01C', { principal: { ...ALICE, id: 'harbor/bob' } }))
    sessions.end('01B', BY_EVE)
    const ids = (filter: Partial<Parameters<Sessions['list']>[0]>): string =>
      sessions
        .list({ most: 10, ...filter })
        .map((state) => state.session.id)
        .join(' ')
    expect(ids({})).toBe('01C 01B 01A')
    expect(ids({ most: 2 })).toBe('01C 01B')
    expect(ids({ open: true })).toBe('01C 01A')
    expect(ids({ open: false })).toBe('01B')
    expect(ids({ principal: 'User::harbor/alice' })).toBe('01B 01A')
    expect(ids({ principal: 'App::intake' })).toBe('01A')
    expect(ids({ principal: 'User::harbor/alic' })).toBe('')
    expect(ids({ client: 'editor' })).toBe('01B')
    expect(ids({ client: 'intake', open: true, principal: 'User::harbor/bob' })).toBe('01C')
  })

  test('of one kind, begun since, and older than another alone: a page after the other', () => {
    const sessions = make()
    for (const [at, id] of ['01A', '01B', '01C'].entries()) sessions.begin(session(id, { began: NOW + at }))
    sessions.converse('alice', '', NOW + 3, () => session('01D', { kind: 'implicit', began: NOW + 3 }))
    const ids = (filter: Partial<Parameters<Sessions['list']>[0]>): string =>
      sessions
        .list({ most: 2, ...filter })
        .map((state) => state.session.id)
        .join(' ')
    expect(ids({ kind: 'declared' })).toBe('01C 01B')
    expect(ids({ kind: 'declared', before: '01B' })).toBe('01A')
    expect(ids({ kind: 'implicit' })).toBe('01D')
    expect(ids({ began: NOW + 2 })).toBe('01D 01C')
    expect(ids({ kind: 'declared', began: NOW + 2, before: '01C' })).toBe('')
  })

  test('a token that was revoked is so in the next answer, and no other', () => {
    const sessions = make()
    sessions.revokeToken('token-1', NOW + MINUTE)
    sessions.revokeToken('token-1', NOW)
    expect([sessions.isRevoked('token-1'), sessions.isRevoked('token-2')]).toEqual([true, false])
  })
})

const ONCES: readonly (readonly [string, () => OnlyOnce])[] = [
  ['SQLite', () => remembered(openOnlyOnce(freshFile()))],
  ['memory', memoryOnlyOnce],
]

describe.each(ONCES)('%s: what may be used once', (_, make) => {
  test('is used once, each key for itself', () => {
    const once = make()
    const keys = ['a', 'b', '', 'A', '\uD800', '\uD801', 'x'.repeat(10_000)]
    expect(keys.map((key) => once.use(key, NOW + MINUTE, NOW))).toEqual(keys.map(() => true))
    expect(keys.map((key) => once.use(key, NOW + MINUTE, NOW))).toEqual(keys.map(() => false))
  })
})
