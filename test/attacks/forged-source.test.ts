// Where a request comes from is the peer's address. What a caller writes about itself never changes it.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { CLINIC, type Rig, startRig } from '../rig.ts'
import { HELLO } from './hello.ts'
import { expectRefused, providerCount } from './record.ts'

const POLICIES = `@id("only-from-the-ward")
permit (principal in Team::"clinicians", action == Action::"infer", resource)
when { context.source.isInRange(ip("10.9.8.0/24")) };

@id("billing-from-this-machine")
permit (principal in Team::"billing", action == Action::"infer", resource)
when { context.source.isLoopback() };
`

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: { ...CLINIC, 'policies/clinic.cedar': POLICIES } })
})
afterAll(() => rig.stop())

const CLAIMS: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'x-forwarded-for': '10.9.8.7' },
  { 'x-forwarded-for': '10.9.8.7, 127.0.0.1' },
  { forwarded: 'for=10.9.8.7;proto=https;by=10.9.8.1' },
  { 'x-real-ip': '10.9.8.7' },
  { 'true-client-ip': '10.9.8.7', 'cf-connecting-ip': '10.9.8.7' },
  { 'x-client-ip': '10.9.8.7', 'x-cluster-client-ip': '10.9.8.7', 'x-originating-ip': '10.9.8.7' },
  { via: '1.1 10.9.8.7', host: '10.9.8.7', origin: 'http://10.9.8.7' },
]

test.each(CLAIMS)('%j opens no door', async (headers) => {
  const before = await providerCount(rig)
  const told = { status: 403, type: 'permission_error', code: 'not_permitted' }
  await expectRefused(rig, await rig.ask('alice', HELLO, { headers }), told)
  expect(await providerCount(rig)).toBe(before)
})

test.each(CLAIMS)('%j shuts none: the address is still this machine', async (headers) => {
  expect((await rig.ask('bob', HELLO, { headers })).status).toBe(200)
})
