// What Sessions and OnlyOnce promise to several processes that share a file.
import { afterAll, expect, test } from 'bun:test'
import { openSessions } from '#store/sessions.ts'
import { processesOf } from '../doubles/processes-of.ts'
import { BOUNDS, closeAll, freshFile, NOW, remembered, session } from './session-fixture.ts'

afterAll(closeAll)

function fresh() {
  const path = freshFile()
  const open = `const sessions = (await import('#store/sessions.ts')).openSessions(${JSON.stringify(path)});`
  return { path, sessions: remembered(openSessions(path)), open }
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

test('four processes with 500 calls each never pass a bound of 700, directly or below it', async () => {
  const { sessions, open } = fresh()
  sessions.begin(session('01A', {}, { calls: 700 }))
  sessions.begin(session('01B', { parent: '01A' }, { calls: 100_000 }))
  const counted = await processesOf(
    4,
    `${open}
    await start()
    let counted = 0
    for (let turn = 0; turn < 500; turn++) if (sessions.call(me % 2 ? '01A' : '01B', ${NOW}) === 'counted') counted++
    say(counted)`,
  )
  expect(sum(counted)).toBe(700)
  expect(sessions.find('01A')).toMatchObject({ calls: 700, ended: { why: 'calls' } })
  expect(sessions.find('01B')).toMatchObject({ ended: { why: 'parent-ended' } })
  expect(sessions.endedSince(0).ids).toEqual(['01A', '01B'])
}, 20_000)

test('of four processes that use 300 keys at once, one uses each', async () => {
  const { path } = fresh()
  const first = await processesOf(
    4,
    `
    const once = (await import('#store/only-once.ts')).openOnlyOnce(${JSON.stringify(path)})
    await start()
    let first = 0
    for (let key = 0; key < 300; key++) if (once.use('key ' + key, ${NOW + 60_000}, ${NOW})) first++
    say(first)`,
  )
  expect(sum(first)).toBe(300)
}, 20_000)

test('of four processes that begin the same conversations, one begins each', async () => {
  const { sessions, open } = fresh()
  const begun = await processesOf(
    4,
    `${open}
    const whose = { kind: 'implicit', tier: 1, binding: { by: 'nothing' }, began: ${NOW}, rules: '',
      bounds: ${JSON.stringify(BOUNDS)},
      principal: { type: 'User', id: 'alice', groups: [], attributes: {}, proof: { method: 'jwt', issuer: 'h', issuedAt: 1, expiresAt: 2 } } }
    await start()
    let begun = 0
    for (let talk = 0; talk < 50; talk++)
      sessions.converse('alice', 'talk ' + talk, ${NOW}, () => ({ ...whose, id: talk + ' ' + me + ' ' + begun++, conversation: 'talk ' + talk }))
    say(begun)`,
  )
  expect(sum(begun)).toBe(50)
  expect(sessions.list({ most: 1000 })).toHaveLength(50)
}, 20_000)

test('a label of one process is seen by the next look of another, without fail', async () => {
  const { open, sessions } = fresh()
  for (let n = 0; n < 60; n++) sessions.begin(session(`01A${n}`))
  // The odd ones say when they have labelled, through a token that they revoke; the even ones look at the label after that.
  const seen = await processesOf(
    4,
    `${open}
    await start()
    let wrong = 0
    for (let n = 0; n < 60; n++) {
      const told = (me >> 1) + ' ' + n
      if (me % 2) {
        sessions.label('01A' + n, ['label ' + me])
        sessions.revokeToken(told, ${NOW})
      } else {
        const end = Date.now() + 15_000
        while (!sessions.isRevoked(told) && Date.now() < end);
        if (!sessions.find('01A' + n).labels.includes('label ' + (me + 1))) wrong++
      }
    }
    say(wrong)`,
  )
  expect(seen).toEqual([0, 0, 0, 0])
}, 20_000)

test('four processes that end a family end each of it once, and nobody begins below it afterwards', async () => {
  const { sessions, open } = fresh()
  sessions.begin(session('01A'))
  const ended = await processesOf(
    4,
    `${open}
    await start()
    let ended = 0
    const bounds = ${JSON.stringify(BOUNDS)}
    const { session } = sessions.find('01A')
    for (let n = 0; n < 25; n++) {
      try { sessions.begin({ ...session, id: '01B' + me + n, parent: '01A', bounds }) } catch (error) { if (error.reason !== 'session_ended') throw error }
      if (n === 20) ended += sessions.end('01A', { at: ${NOW}, why: 'revoked', by: 'alice' }).length
    }
    say(ended)`,
  )
  const all = sessions.list({ most: 1000 })
  expect(all.filter((state) => state.ended === undefined)).toEqual([])
  expect(sum(ended)).toBe(all.length)
  expect(new Set(sessions.endedSince(0).ids).size).toBe(all.length)
}, 20_000)
