// A storm of tokens with made-up key ids must not become a storm of requests to the issuer.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { forge } from '#identity/forge.fixture.ts'
import { type Rig, startRig } from '../rig.ts'
import { startForgedIssuer } from './forged-issuer.ts'
import { HELLO_TEXT, JSON_TYPE } from './hello.ts'
import { expectRefused, providerCount } from './record.ts'

const issuer = startForgedIssuer()

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: issuer.files })
})
afterAll(async () => {
  await rig.stop()
  await issuer.stop()
})

test('two hundred unknown key ids cost the issuer one request, and known keys serve meanwhile', async () => {
  const { key, claims } = issuer
  const before = issuer.fetched()
  const ask = (token: string) =>
    fetch(`${rig.url}/v1/chat/completions`, {
      method: 'POST',
      body: HELLO_TEXT,
      headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
    })
  const storm = Array.from({ length: 200 }, (_, turn) => ask(forge(key, claims, { kid: `made-up-${turn}` })))
  const calm = rig.ask('alice', HELLO_TEXT)
  const known = ask(forge(key, claims))
  expect([(await calm).status, (await known).status]).toEqual([200, 200])
  const answers = await Promise.all(storm)
  for (let turn = 0; turn < 20; turn++) answers.push(await ask(forge(key, claims, { kid: `later-${turn}` })))
  expect(issuer.fetched() - before).toBe(1)
  for (const answer of answers.slice(0, 5)) {
    await expectRefused(rig, answer, { status: 401, type: 'authentication_error', code: 'unauthenticated' })
  }
  expect(answers.every(({ status }) => status === 401)).toBe(true)
  expect(await providerCount(rig)).toBe(2)
})
