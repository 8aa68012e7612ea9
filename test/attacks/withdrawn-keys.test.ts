// A key may be revoked while what it opened goes on. Nothing that it began outlives it by more than a second.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { exchangeOf, type Rig, says, startRig } from '../rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const slow = { model: 'clinic-small', messages: says('[[delay:100]]' + 'word '.repeat(200)), stream: true }

test('a stream that runs ends with an error in its protocol, within a second', async () => {
  const { id, text } = await rig.keys.make()
  const response = await rig.callWith(text, '/v1/chat/completions', slow)
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  await reader?.read()
  const revoked = performance.now()
  await rig.keys.change(id, (key) => ({ ...key, revoked: { at: Date.now(), why: 'leaked' } }))
  let rest = ''
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    rest += new TextDecoder().decode(value)
  }
  expect(performance.now() - revoked).toBeLessThan(1_500)
  expect(rest).toContain(`The key ${id} is revoked; what it had begun ends here.`)
  expect(rest).not.toContain('[DONE]')
  const { outcome } = await rig.settled(exchangeOf(response))
  expect([outcome['ended'], outcome['reason']]).toEqual(['refused', 'unauthenticated'])
})

test('a whole answer that is waited for is a 401', async () => {
  const { id, text } = await rig.keys.make()
  const waiting = rig.callWith(text, '/v1/chat/completions', {
    model: 'clinic-small',
    messages: says('[[delay:1900]]hello'),
  })
  await Bun.sleep(200)
  await rig.keys.change(id, (key) => ({ ...key, revoked: { at: Date.now(), why: 'leaked' } }))
  const response = await waiting
  expect(response.status).toBe(401)
  expect(JSON.stringify(await response.json())).toContain(`The key ${id} is revoked`)
})

test('another key’s stream goes on', async () => {
  const one = await rig.keys.make()
  const other = await rig.keys.make()
  const response = await rig.callWith(other.text, '/v1/chat/completions', {
    model: 'clinic-small',
    messages: says('[[delay:100]]' + 'word '.repeat(15)),
    stream: true,
  })
  await rig.keys.change(one.id, (key) => ({ ...key, revoked: { at: Date.now(), why: 'leaked' } }))
  expect(await response.text()).toContain('[DONE]')
})
