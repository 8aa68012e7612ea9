// What every Sessions promises of what ends, and is settled, together.
import { afterAll, describe, expect, test } from 'bun:test'
import { BY_EVE, closeAll, NOW, session, STORES } from './session-fixture.ts'

afterAll(closeAll)

describe.each(STORES)('%s: together', (_, make) => {
  test('many end as each would by itself, with what is below them, and who had ended stays as they were', () => {
    const sessions = make()
    for (const id of ['01A', '01B', '01C', '01E']) sessions.begin(session(id))
    sessions.begin(session('01D', { parent: '01A' }))
    sessions.end('01B', { at: NOW, why: 'revoked', by: 'adam' })
    const before = sessions.endedSince(Infinity).mark
    expect(sessions.endAll(['01A', '01B', '01C', '01D', 'nobody'], BY_EVE)).toEqual(['01A', '01D', '01C'])
    expect(sessions.endedSince(before).ids).toEqual(['01A', '01D', '01C'])
    expect(['01A', '01B', '01C', '01D', '01E'].map((id) => sessions.find(id)?.ended?.why)).toEqual([
      BY_EVE.why,
      'revoked',
      BY_EVE.why,
      'parent-ended',
      undefined,
    ])
    expect(sessions.endAll([], BY_EVE)).toEqual([])
  })

  test('many calls are settled as each would be by itself, also of one session, and after its end', () => {
    const sessions = make()
    sessions.begin(session('01A', { tier: 3 }, { clean: 2 }))
    sessions.begin(session('01B', { parent: '01A' }))
    sessions.end('01B', BY_EVE)
    const clean = { tokens: 10, toolCalls: 1, flagged: false, earns: true }
    sessions.settleAll([
      ['01A', clean],
      ['01B', { tokens: 5, toolCalls: 0, flagged: true }],
      ['01A', clean],
      ['01A', clean],
      ['nobody', clean],
    ])
    expect(sessions.find('01A')).toMatchObject({ tokens: 35, toolCalls: 3, flags: 1, clean: 2, trust: 'standard' })
    expect(sessions.find('01B')).toMatchObject({ tokens: 5, toolCalls: 0, flags: 1 })
  })
})
