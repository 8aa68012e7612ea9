// A login that nobody finishes, or that nobody began, leaves nothing in memory: anybody may come back with a state that they made up.
import { heapStats } from 'bun:jsc'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { loginPlug } from '#authorization/login-plug.ts'
import type { MakePlug } from '#authorization/plug.ts'
import { type AuthorizationWorld, startAuthorization } from '../doubles/authorization-server.ts'

let world: AuthorizationWorld
beforeAll(async () => {
  world = await startAuthorization()
  const nowhere = async (): Promise<never> => {
    throw new Error('nobody is asked')
  }
  const plugs = world.parts.plugs as MakePlug[]
  plugs.push(loginPlug({ fetch: nowhere, fetchJson: nowhere, secretOf: async () => undefined }))
  await world.reload((yaml) => yaml.replace('as: "User::{sub}" }', 'as: "User::{sub}", login: { client: gate } }'))
})
afterAll(() => world.stop())

const MANY = 300
/** Of what else this process does meanwhile. */
const KEPT = 30

async function comeBack(): Promise<void> {
  const state = randomBytes(32).toString('base64url')
  const headers = { cookie: `sallyport_way_back_${state.slice(0, 8)}=made-up` }
  const answer = await world.ask(`/oauth/login/callback/harbor?code=made-up&state=${state}`, { headers })
  expect([answer.status, (await answer.text()).includes('This login was not begun in this browser')]).toEqual([
    401,
    true,
  ])
}

async function patterns(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await sleep(20)
    Bun.gc(true)
  }
  return heapStats().objectTypeCounts['RegExp'] ?? 0
}

test('ways back that nobody set out on are forgotten', async () => {
  for (let at = 0; at < 20; at++) await comeBack()
  const before = await patterns()
  for (let at = 0; at < MANY; at++) await comeBack()
  expect((await patterns()) - before).toBeLessThan(KEPT)
}, 30_000)
