// What every Sessions promises of a session, its family and conversations, on each of them. Their ends: sessions-ends.test.ts; what
// holds between processes: sessions-processes.test.ts.
import { afterAll, describe, expect, test } from 'bun:test'
import type { Principal } from '#access/principal.ts'
import { Refusal } from '#access/refusal.ts'
import type { Session, Sessions } from '#access/session.ts'
import { ulid } from '#lib/ulid.ts'
import { ALICE, BY_EVE, closeAll, MINUTE, NOW, reasonOf, session, STORES } from './session-fixture.ts'

afterAll(closeAll)

const CLEAN = { tokens: 10, toolCalls: 0, flagged: false, earns: true }

describe.each(STORES)('%s: a session', (_, make) => {
  test('that nobody began is not found, and nothing can be done in it', () => {
    const sessions = make()
    for (const id of ['01A', '', '\uD800', "' OR 1=1 --"]) {
      expect(sessions.find(id)).toBeUndefined()
      expect(sessions.call(id, NOW)).toBe('expired')
      expect(sessions.end(id, BY_EVE)).toEqual([])
      expect(sessions.elevate(id)).toBe(false)
      expect(sessions.strike(id, 'misuse', NOW)).toBe('expired')
    }
    expect(reasonOf(() => sessions.label('01A', ['personal']))).toBe('session_ended')
    expect(reasonOf(() => sessions.label('01A', []))).toBe('session_ended')
  })

  test('is found as it began, with nothing counted', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    expect(sessions.find('01A')).toStrictEqual({
      session: session('01A'),
      root: '01A',
      trust: 'initial',
      usedAt: 1_795_000_000_000,
      calls: 0,
      tokens: 0,
      toolCalls: 0,
      clean: 0,
      outOfScope: 0,
      misuse: 0,
      flags: 0,
      labels: [],
    })
  })

  test('begins once: its id is nobody else’s', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    expect(reasonOf(() => sessions.begin(session('01A', { principal: ALICE })))).toBe('not_ready')
    expect(sessions.find('01A')?.session.principal.id).toBe('intake')
  })

  test('counts calls until its bound, and is over with the next', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { calls: 3 }))
    const calls = [1, 2, 3].map((after) => sessions.call('01A', NOW + after))
    expect(calls).toEqual(['counted', 'counted', 'counted'])
    expect(sessions.find('01A')).toMatchObject({ calls: 3, usedAt: 1_795_000_000_003 })
    expect(sessions.find('01A')?.ended).toBeUndefined()
    expect(sessions.call('01A', NOW + 4)).toBe('calls')
    expect(sessions.find('01A')?.ended).toEqual({ at: 1_795_000_000_004, why: 'calls', by: 'gate' })
    expect(sessions.call('01A', NOW + 5)).toBe('calls')
    expect(sessions.find('01A')?.calls).toBe(3)
  })

  test('that has used its tokens is over with the next call', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { tokens: 100 }))
    sessions.settle('01A', { tokens: 99, toolCalls: 2, flagged: false })
    expect(sessions.call('01A', NOW)).toBe('counted')
    sessions.settle('01A', { tokens: 1, toolCalls: 0, flagged: true })
    expect(sessions.find('01A')).toMatchObject({ tokens: 100, toolCalls: 2, flags: 1 })
    expect(sessions.call('01A', NOW)).toBe('tokens')
    expect(sessions.find('01A')?.ended?.why).toBe('tokens')
  })

  test('ends at its end to the millisecond, used or not', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { expires: NOW + 5 * MINUTE }))
    expect(sessions.call('01A', NOW + 5 * MINUTE - 1)).toBe('counted')
    expect(sessions.call('01A', NOW + 5 * MINUTE)).toBe('expired')
    expect(sessions.find('01A')?.ended?.why).toBe('expired')
  })

  test('that nobody used for long enough is over, and each call begins that time anew', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    expect(sessions.call('01A', NOW + 10 * MINUTE - 1)).toBe('counted')
    expect(sessions.call('01A', NOW + 20 * MINUTE - 2)).toBe('counted')
    expect(sessions.call('01A', NOW + 30 * MINUTE - 2)).toBe('idle')
  })

  test('is not used earlier by a clock that was set back', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    sessions.call('01A', NOW + MINUTE)
    sessions.call('01A', NOW - MINUTE)
    expect(sessions.find('01A')?.usedAt).toBe(1_795_000_060_000)
  })

  test('earns its trust by clean calls in a row', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    for (const flagged of [false, false, true, false, false]) sessions.settle('01A', { ...CLEAN, flagged })
    expect(sessions.find('01A')).toMatchObject({ trust: 'initial', clean: 2, flags: 1 })
    sessions.settle('01A', CLEAN)
    expect(sessions.find('01A')).toMatchObject({ trust: 'standard', clean: 3 })
    sessions.settle('01A', { ...CLEAN, flagged: true })
    expect(sessions.find('01A')).toMatchObject({ trust: 'standard', clean: 0 })
  })

  test('earns nothing by calls that were no answer, and loses nothing by them', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    const nothing = { tokens: 0, toolCalls: 0, flagged: false }
    for (const spent of [nothing, CLEAN, nothing, { ...nothing, earns: false }, CLEAN]) sessions.settle('01A', spent)
    expect(sessions.find('01A')).toMatchObject({ trust: 'initial', clean: 2, flags: 0 })
    sessions.settle('01A', { ...CLEAN, flagged: true })
    expect(sessions.find('01A')).toMatchObject({ trust: 'initial', clean: 0, flags: 1 })
  })

  test('has the trust that nothing must be earned for, and what a person gave it stays', () => {
    const sessions = make()
    sessions.begin(session('01A', { tier: 1 }, { clean: 0 }))
    expect(sessions.find('01A')?.trust).toBe('standard')
    expect(sessions.elevate('01A')).toBe(true)
    sessions.settle('01A', CLEAN)
    expect(sessions.find('01A')?.trust).toBe('elevated')
    sessions.end('01A', BY_EVE)
    expect(sessions.elevate('01A')).toBe(false)
  })

  test('counts attempts beyond its scope and uses by others apart, and ends at the bound of either', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { outOfScope: 3, misuse: 2 }))
    const strikes = (['outOfScope', 'misuse', 'outOfScope'] as const).map((what) => sessions.strike('01A', what, NOW))
    expect(strikes).toEqual(['counted', 'counted', 'counted'])
    expect(sessions.find('01A')).toMatchObject({ outOfScope: 2, misuse: 1 })
    expect(sessions.strike('01A', 'outOfScope', NOW + 7)).toBe('out-of-scope')
    expect(sessions.find('01A')?.ended).toEqual({ at: 1_795_000_000_007, why: 'out-of-scope', by: 'gate' })
    expect(sessions.strike('01A', 'misuse', NOW + 8)).toBe('out-of-scope')
    expect(sessions.find('01A')?.ended?.at).toBe(1_795_000_000_007)
    sessions.begin(session('01B', {}, { misuse: 1 }))
    expect(sessions.strike('01B', 'misuse', NOW)).toBe('misuse')
  })

  test('never ends by strikes where its bound is none', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { misuse: 0 }))
    for (let turn = 0; turn < 5; turn++) expect(sessions.strike('01A', 'misuse', NOW)).toBe('counted')
    expect(sessions.find('01A')).toMatchObject({ misuse: 5 })
    expect(sessions.find('01A')?.ended).toBeUndefined()
  })

  test('has labels that only grow, sorted, and hears which are new', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    expect(sessions.label('01A', ['personal', 'health', 'personal'])).toEqual(['personal', 'health'])
    expect(sessions.label('01A', ['health', 'finance'])).toEqual(['finance'])
    expect(sessions.label('01A', ['health'])).toEqual([])
    expect(sessions.find('01A')?.labels).toEqual(['finance', 'health', 'personal'])
  })

  test('ends once: the first says why', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    expect(sessions.end('01A', BY_EVE)).toEqual(['01A'])
    expect(sessions.end('01A', { at: NOW + 9, why: 'revoked', by: 'mallory' })).toEqual([])
    expect(sessions.find('01A')?.ended).toEqual({ at: 1_795_000_000_005, why: 'ended', by: 'eve' })
    expect(sessions.call('01A', NOW + 9)).toBe('ended')
    expect(sessions.find('01A')?.calls).toBe(0)
  })
})

describe.each(STORES)('%s: sessions below one another', (_, make) => {
  function family(bounds: Partial<Session['bounds']> = {}): Sessions {
    const sessions = make()
    sessions.begin(session('01A', {}, bounds))
    sessions.begin(session('01B', { parent: '01A' }))
    sessions.begin(session('01C', { parent: '01B' }))
    sessions.begin(session('01D', { parent: '01A' }))
    sessions.begin(session('01E'))
    return sessions
  }
  const openOf = (sessions: Sessions): string =>
    ['01A', '01B', '01C', '01D', '01E'].filter((id) => !sessions.find(id)?.ended).join(' ')

  test('end with what they came from, and not the other way round', () => {
    const sessions = family()
    expect(sessions.end('01B', BY_EVE)).toEqual(['01B', '01C'])
    expect(openOf(sessions)).toBe('01A 01D 01E')
    expect(sessions.find('01C')?.ended).toEqual({ at: 1_795_000_000_005, why: 'parent-ended', by: 'eve' })
    const rest = sessions.end('01A', { ...BY_EVE, why: 'revoked' })
    expect(rest).toEqual(['01A', '01D'])
    expect(sessions.find('01B')?.ended?.why).toBe('ended')
    expect(openOf(sessions)).toBe('01E')
  })

  test('spend what is the other’s: no number of them goes beyond its bound', () => {
    const sessions = family({ calls: 3 })
    const calls = ['01C', '01D', '01A', '01C'].map((id) => sessions.call(id, NOW + 1))
    expect(calls).toEqual(['counted', 'counted', 'counted', 'parent-ended'])
    expect(['01A', '01B', '01C', '01D'].map((id) => sessions.find(id)?.calls)).toEqual([3, 1, 1, 1])
    expect(sessions.find('01A')?.ended?.why).toBe('calls')
    expect(sessions.find('01C')?.ended?.why).toBe('parent-ended')
    expect(openOf(sessions)).toBe('01E')
  })

  test('spend its tokens too, and earn it no trust', () => {
    const sessions = family({ tokens: 30 })
    for (const id of ['01C', '01C', '01D']) sessions.settle(id, { ...CLEAN, toolCalls: 1 })
    expect(sessions.find('01A')).toMatchObject({ tokens: 30, toolCalls: 3, clean: 0, trust: 'initial' })
    expect(sessions.find('01B')).toMatchObject({ tokens: 20, toolCalls: 2, clean: 0 })
    expect(sessions.find('01C')).toMatchObject({ tokens: 20, clean: 2 })
    expect(sessions.call('01D', NOW)).toBe('parent-ended')
  })

  test('begin the row of clean calls anew together, whichever of them something was found in', () => {
    const sessions = family()
    const rows = (): unknown => ['01A', '01B', '01C', '01D', '01E'].map((id) => sessions.find(id)?.clean)
    for (const id of ['01A', '01B', '01C', '01D', '01E']) sessions.settle(id, CLEAN)
    expect(rows()).toEqual([1, 1, 1, 1, 1])
    sessions.settle('01C', { ...CLEAN, flagged: true })
    expect(rows()).toEqual([0, 0, 0, 0, 1])
    for (const id of ['01A', '01C']) sessions.settle(id, CLEAN)
    sessions.settle('01A', { ...CLEAN, flagged: true })
    expect(rows()).toEqual([0, 0, 0, 0, 1])
    expect(sessions.find('01C')).toMatchObject({ flags: 1 })
    expect(sessions.find('01A')).toMatchObject({ flags: 2 })
  })

  test('have their attempts counted in what they came from: new ones begin no new count', () => {
    const sessions = make()
    sessions.begin(session('01A', {}, { outOfScope: 5 }))
    sessions.begin(session('01B', { parent: '01A' }, { outOfScope: 3 }))
    const first = [1, 2, 3].map(() => sessions.strike('01B', 'outOfScope', NOW))
    expect(first).toEqual(['counted', 'counted', 'out-of-scope'])
    expect(sessions.find('01A')).toMatchObject({ outOfScope: 3 })
    expect(sessions.find('01A')?.ended).toBeUndefined()
    sessions.begin(session('01C', { parent: '01A' }, { outOfScope: 3 }))
    sessions.begin(session('01D', { parent: '01C' }, { outOfScope: 3 }))
    sessions.begin(session('01E', { parent: '01A' }, { outOfScope: 3 }))
    expect(sessions.strike('01C', 'outOfScope', NOW)).toBe('counted')
    expect(sessions.find('01A')).toMatchObject({ outOfScope: 4, misuse: 0 })
    expect(sessions.strike('01D', 'outOfScope', NOW + 7)).toBe('parent-ended')
    const whys = ['01A', '01B', '01C', '01D', '01E'].map((id) => sessions.find(id)?.ended?.why)
    expect(whys).toEqual(['out-of-scope', 'out-of-scope', 'parent-ended', 'parent-ended', 'parent-ended'])
    expect(sessions.endedSince(0).ids.toSorted()).toEqual(['01A', '01B', '01C', '01D', '01E'])
  })

  test('that reach their own bound leave what they came from alone', () => {
    const sessions = make()
    sessions.begin(session('01A'))
    sessions.begin(session('01B', { parent: '01A' }, { calls: 1 }))
    expect([sessions.call('01B', NOW), sessions.call('01B', NOW)]).toEqual(['counted', 'calls'])
    expect(sessions.find('01A')).toMatchObject({ calls: 1 })
    expect(sessions.call('01A', NOW)).toBe('counted')
  })

  test('are all of the one that nothing stands above', () => {
    const sessions = family()
    expect(['01A', '01B', '01C', '01D', '01E'].map((id) => sessions.find(id)?.root)).toEqual([
      '01A',
      '01A',
      '01A',
      '01A',
      '01E',
    ])
  })

  test('keep it from being idle', () => {
    const sessions = family()
    for (const minutes of [9, 18, 27]) expect(sessions.call('01C', NOW + minutes * MINUTE)).toBe('counted')
    expect(sessions.call('01A', NOW + 28 * MINUTE)).toBe('counted')
    expect(sessions.call('01D', NOW + 28 * MINUTE)).toBe('idle')
  })

  test('have the same labels, whichever of them saw the thing, and those that come later too', () => {
    const sessions = family()
    expect(sessions.label('01C', ['health'])).toEqual(['health'])
    expect(sessions.label('01D', ['health', 'finance'])).toEqual(['finance'])
    sessions.begin(session('01F', { parent: '01D' }))
    for (const id of ['01A', '01B', '01C', '01D', '01F'])
      expect(sessions.find(id)?.labels).toEqual(['finance', 'health'])
    expect(sessions.find('01E')?.labels).toEqual([])
  })

  test('do not begin below what has ended or is not there', () => {
    const sessions = family()
    sessions.end('01B', BY_EVE)
    expect(reasonOf(() => sessions.begin(session('01F', { parent: '01C' })))).toBe('session_ended')
    expect(reasonOf(() => sessions.begin(session('01F', { parent: '01X' })))).toBe('session_ended')
    expect(sessions.find('01F')).toBeUndefined()
  })

  test('stand eight deep and no deeper', () => {
    const sessions = make()
    sessions.begin(session('0'))
    for (let depth = 1; depth <= 8; depth++) sessions.begin(session(String(depth), { parent: String(depth - 1) }))
    expect(reasonOf(() => sessions.begin(session('9', { parent: '8' })))).toBe('not_permitted')
    expect(sessions.call('8', NOW)).toBe('counted')
    expect(sessions.find('0')?.calls).toBe(1)
  })
})

describe.each(STORES)('%s: conversations', (_, make) => {
  const implicit = (id: string, conversation: string, others: Partial<Session> = {}) =>
    session(id, { kind: 'implicit', tier: 1, principal: ALICE, conversation, ...others }, { clean: 0 })
  const converse = (sessions: Sessions, subject: string, conversation: string, id: string, now = NOW): string =>
    sessions.converse(subject, conversation, now, () => implicit(id, conversation, { began: now })).session.id

  test('begin once for each subject and name', () => {
    const sessions = make()
    expect(converse(sessions, 'harbor/alice', 'ward', '01A')).toBe('01A')
    expect(converse(sessions, 'harbor/alice', 'ward', '01B')).toBe('01A')
    expect(converse(sessions, 'harbor/alice', '', '01C')).toBe('01C')
    expect(converse(sessions, 'harbor/bob', 'ward', '01D')).toBe('01D')
    expect(converse(sessions, 'harbor/alic', 'eward', '01E')).toBe('01E')
    expect(converse(sessions, 'harbor/alice', '\uD800', '01F')).toBe('01F')
    expect(converse(sessions, 'harbor/alice', '\uD801', '01G')).toBe('01G')
    expect(sessions.find('01B')).toBeUndefined()
  })

  test('begin anew once they have ended, were idle or are past their end', () => {
    const sessions = make()
    converse(sessions, 'alice', 'ward', '01A')
    sessions.label('01A', ['health'])
    sessions.end('01A', BY_EVE)
    expect(converse(sessions, 'alice', 'ward', '01B')).toBe('01B')
    expect(sessions.find('01B')?.labels).toEqual([])
    expect(converse(sessions, 'alice', 'ward', '01C', NOW + 10 * MINUTE - 1)).toBe('01B')
    expect(converse(sessions, 'alice', 'ward', '01C', NOW + 10 * MINUTE)).toBe('01C')
    expect(sessions.find('01B')?.ended).toEqual({ at: 1_795_000_600_000, why: 'idle', by: 'gate' })
    sessions.call('01C', NOW + 55 * MINUTE)
    expect(converse(sessions, 'alice', 'ward', '01D', NOW + 60 * MINUTE)).toBe('01D')
    expect(sessions.find('01C')?.ended).toBeDefined()
  })

  test('have what happened in them added together, and are used by it; what nobody began is left out', () => {
    const sessions = make()
    converse(sessions, 'alice', 'ward', '01A')
    sessions.tally([
      { id: '01A', calls: 2, usedAt: NOW + 5 * MINUTE, tokens: 40, toolCalls: 3, flags: 1 },
      { id: '01X', calls: 1, usedAt: NOW, tokens: 1, toolCalls: 1, flags: 1 },
    ])
    sessions.tally([{ id: '01A', calls: 1, usedAt: NOW + MINUTE, tokens: 2, toolCalls: 0, flags: 0 }])
    expect(sessions.find('01A')).toMatchObject({
      calls: 3,
      tokens: 42,
      toolCalls: 3,
      flags: 1,
      trust: 'standard',
      usedAt: 1_795_000_300_000,
    })
    expect(sessions.find('01X')).toBeUndefined()
    expect(converse(sessions, 'alice', 'ward', '01B', NOW + 14 * MINUTE)).toBe('01A')
  })

  test('begin a thousand times an hour for each person, and from then on without a name', () => {
    const sessions = make()
    let made = 0
    const talk = (name: string, now = NOW, principal = ALICE): Session =>
      sessions.converse(`harbor ${principal.id}`, name, now, (conversation) => {
        made++
        const id = ulid(now, () => new Uint8Array(10).fill(made % 256).fill(made >> 8, 0, 5))
        return implicit(id, conversation, { principal, began: now })
      }).session
    // What is declared for her, by an application or by a program of hers, is no conversation.
    const helper: Principal = { ...ALICE, type: 'App', id: 'helper', onBehalfOf: ALICE }
    for (let n = 0; n < 1000; n++)
      sessions.begin(
        session(`${ulid(NOW, (length) => new Uint8Array(length))} ${n}`, { principal: n % 2 ? helper : ALICE }),
      )
    const first = talk('0')
    expect(first).toMatchObject({ conversation: '0' })
    for (let n = 1; n < 999; n++) talk(String(n))
    expect(talk('999')).toMatchObject({ conversation: '999' })
    const beyond = talk('beyond', NOW + 1)
    expect(beyond).toMatchObject({ conversation: '' })
    expect(talk('further', NOW + 2).id).toBe(beyond.id)
    expect(talk('', NOW + 2).id).toBe(beyond.id)
    expect(talk('0', NOW + 2).id).toBe(first.id)
    expect(talk('of another', NOW + 2, { ...ALICE, id: 'bob' })).toMatchObject({ conversation: 'of another' })
    expect(talk('an hour later', NOW + 60 * MINUTE + 1)).toMatchObject({ conversation: 'an hour later' })
  })

  test('that cannot be begun leave nothing behind', () => {
    const sessions = make()
    const fails = (): Session => {
      throw new Refusal('not_permitted', { message: 'no' })
    }
    expect(reasonOf(() => sessions.converse('alice', 'ward', NOW, fails))).toBe('not_permitted')
    expect(converse(sessions, 'alice', 'ward', '01A')).toBe('01A')
  })
})
