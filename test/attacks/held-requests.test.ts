// A caller holds a request open by its last byte, and lets it go when what allowed it is over: it is judged as of then.
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { CLINIC, CLINIC_CEDAR, CLINIC_YAML, exchangeOf, type Rig, startRig } from '../rig.ts'
import { HELLO_TEXT } from './hello.ts'
import { answerOn, dial, head } from './raw-caller.ts'

const FILES = {
  ...CLINIC,
  'sallyport.yaml': CLINIC_YAML.replace('groups: groups,', 'groups: groups, skew: 0s,'),
}

let rig: Rig
beforeEach(async () => {
  rig = await startRig({ files: FILES })
})
afterEach(() => rig.stop())

/** All of alice's request but its last byte. */
async function held(token: string): Promise<Socket> {
  const socket = await dial(rig.url)
  const lines = [
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${HELLO_TEXT.length}`,
  ]
  socket.write(head({ lines }) + HELLO_TEXT.slice(0, -1))
  return socket
}

const letGo = (socket: Socket): ReturnType<typeof answerOn> => {
  const answer = answerOn(socket)
  socket.write(HELLO_TEXT.slice(-1))
  return answer
}

const providerCount = async (): Promise<number> => (await (await fetch(`${rig.provider}/count`)).json()) as number

/** The gate has read the held request's head once a later request was served. */
const passed = async (): Promise<void> => void (await rig.ask('alice', HELLO_TEXT)).status

test('a held request that nothing happened to is served', async () => {
  const socket = await held(await rig.issuer.mint('alice'))
  await passed()
  expect((await letGo(socket)).status).toBe(200)
})

test('a bundle that came into force meanwhile decides it, and is the one in the record', async () => {
  const socket = await held(await rig.issuer.mint('alice'))
  await passed()
  const before = rig.inForce.active().bundle.hash
  await rig.writeBundle({
    ...FILES,
    'policies/clinic.cedar': `${CLINIC_CEDAR}\n@id("freeze") forbid (principal, action, resource);`,
  })
  await rig.inForce.reload()
  const after = rig.inForce.active().bundle.hash
  expect(after).not.toBe(before)
  const count = await providerCount()
  const { status, response } = await letGo(socket)
  expect(status).toBe(403)
  expect(await providerCount()).toBe(count)
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision).toMatchObject({ decision: 'deny', policies: ['freeze'], bundle: after })
})

test('a refusal names the bundle by which it was refused', async () => {
  const socket = await held(await rig.issuer.mint('alice'))
  await passed()
  const renamed = FILES['sallyport.yaml'].replace('clinic-small:', 'clinic-tiny:')
  const cedar = CLINIC_CEDAR.replaceAll('Model::"clinic-small"', 'Model::"clinic-tiny"')
  await rig.writeBundle({ ...FILES, 'sallyport.yaml': renamed, 'policies/clinic.cedar': cedar })
  await rig.inForce.reload()
  const { status, response } = await letGo(socket)
  expect(status).toBe(404)
  const { decision } = await rig.settled(exchangeOf(response))
  expect(decision).toMatchObject({ reason: 'model_not_found', bundle: rig.inForce.active().bundle.hash })
})

test('a token that ended meanwhile proves nothing any more', async () => {
  const token = await rig.issuer.mint('alice', { ttlSeconds: 2 })
  const socket = await held(token)
  await passed()
  const ends = Number(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).exp) * 1000
  while (Date.now() <= ends) await Bun.sleep(20)
  const count = await providerCount()
  const { status, response } = await letGo(socket)
  expect(status).toBe(401)
  expect(await providerCount()).toBe(count)
  expect((await rig.settled(exchangeOf(response))).decision).toMatchObject({
    decision: 'deny',
    reason: 'unauthenticated',
  })
})

test('a proxy that is no longer trusted says nothing any more, though the request began behind it', async () => {
  const trusting = (yaml: string): string => `${yaml}listen: { proxy: { networks: [127.0.0.0/8] } }\n`
  await rig.writeBundle({ ...FILES, 'sallyport.yaml': trusting(FILES['sallyport.yaml']) })
  await rig.inForce.reload()
  const { text } = await rig.keys.make({ networks: ['10.2.0.0/16'] })
  const lines = [
    `Authorization: Bearer ${text}`,
    'X-Forwarded-For: 10.2.3.4',
    'Content-Type: application/json',
    `Content-Length: ${HELLO_TEXT.length}`,
  ]
  const socket = await dial(rig.url)
  socket.write(head({ lines }) + HELLO_TEXT.slice(0, -1))
  await rig.ask('alice', HELLO_TEXT, { headers: { 'x-forwarded-for': '10.2.3.4' } })
  const before = await providerCount()
  await rig.writeBundle(FILES)
  await rig.inForce.reload()
  const { status, response } = await letGo(socket)
  expect(status).toBe(401)
  expect(await providerCount()).toBe(before)
  const { decision } = await rig.settled(exchangeOf(response))
  expect([decision['source'], decision['via'], decision['bundle']]).toEqual([
    '127.0.0.1',
    undefined,
    rig.inForce.active().bundle.hash,
  ])
})
