// A process that was told to stop is gone once everybody is answered: what still goes on behind, and nobody waits for any more,
// does not keep it. Of the gateway and of the authorization server, each by itself.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { type SilentAddress, startSilent } from '#upstream/dial-silent.fixture.ts'
import { says } from '../rig.ts'
import { type OwnWorld, ownWorld } from './own-world.ts'
import { isFree, type Program, type Sandbox, sandbox, until } from './sandbox.ts'

/** It took five seconds of a connection, and ten of an answer. */
const SOON_MS = 3_000

let place: Sandbox
let world: OwnWorld
let silent: SilentAddress
let mute: Server
/** Whom it never answers. Before it is mute it hangs up, so that nobody waits for it when they start. */
const heard: Socket[] = []
let isMute = false
let token = ''

beforeAll(async () => {
  place = await sandbox()
  world = await ownWorld(place.cwd)
  token = await world.issuer.mint('alice')
  silent = await startSilent('127.0.0.1')
  mute = createServer((socket) => {
    socket.on('error', () => undefined)
    if (isMute) heard.push(socket)
    else socket.destroy()
  })
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const yaml = join(world.bundle, 'sallyport.yaml')
  const text = (await readFile(yaml, 'utf8'))
    .replace('as: "User::{sub}"', 'as: "User::harbor/{sub}"')
    .replace('public: https://gate.example', `public: http://127.0.0.1:${place.port}`)
    .replace(
      'teams:',
      `  mute: { url: "http://127.0.0.1:${(mute.address() as AddressInfo).port}", audience: gate, login: { client: gate } }\nteams:`,
    )
    .replace(
      'models:',
      `  silent: { kind: openai-compatible, url: "http://127.0.0.1:${silent.port}/v1", credential: file:provider-key, private: true }\nmodels:\n  clinic-silent: { system: clinic, use: [silent/any] }`,
    )
    .replace('context:', 'sessions:\n  clients: { registration: ["Leaving"] }\ncontext:')
  await writeFile(yaml, text)
}, 60_000)
afterAll(async () => {
  await place.remove()
  silent.stop()
  for (const socket of heard) socket.destroy()
  mute.close()
  await world.stop()
})

const url = (path: string): string => `http://127.0.0.1:${place.port}${path}`

/** Resolves once nobody waits for an answer any more. */
async function leave(path: string, init: RequestInit, when: () => Promise<void>): Promise<void> {
  const leaving = new AbortController()
  const asked = fetch(url(path), { ...init, signal: leaving.signal, keepalive: false }).then(
    ({ status }) => status,
    () => 'left',
  )
  await when()
  leaving.abort()
  expect(await asked).toBe('left')
}

async function gone(program: Program): Promise<void> {
  const began = Date.now()
  program.signalGroup('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(Date.now() - began).toBeLessThan(SOON_MS)
}

const isServed = (path: string) => (): Promise<boolean> =>
  fetch(url(path), { keepalive: false }).then(
    ({ status }) => status === 200,
    () => false,
  )

const gateway = (): Program => place.start(['gateway', '--bundle', world.bundle, '--log', 'off'])

test('a gateway whose caller left is not kept by a provider that takes no connection', async () => {
  const program = gateway()
  await until('it serves', isServed('/readyz'))
  const body = JSON.stringify({ model: 'clinic-silent', messages: says('hello') })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  await leave('/v1/chat/completions', { method: 'POST', body, headers }, () => Bun.sleep(400))
  await gone(program)
  expect(await isFree(place.port)).toBe(true)
}, 60_000)

test('an authorization server whose caller left is not kept by an issuer that does not answer', async () => {
  const program = gateway()
  const server = place.start(['authorization', '--bundle', world.bundle])
  await until('both serve', isServed('/.well-known/oauth-authorization-server'))
  const json = { 'content-type': 'application/json' }
  const wanted = JSON.stringify({ client_name: 'Leaving', redirect_uris: ['http://127.0.0.1:9/'] })
  const registered = await fetch(url('/oauth/register'), { method: 'POST', headers: json, body: wanted })
  const { client_id: client } = (await registered.json()) as { client_id: string }
  const asks = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    scope: 'infer',
    redirect_uri: 'http://127.0.0.1:9/',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const begun = await fetch(url(`/oauth/authorize?${asks.toString()}`), { redirect: 'manual' })
  const cookie = begun.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  isMute = true
  await leave(begun.headers.get('location') ?? '', { headers: { cookie } }, () =>
    until('the issuer is asked', async () => heard.length > 0),
  )
  await gone(program)
  await gone(server)
}, 60_000)
