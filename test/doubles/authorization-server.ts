// The authorization server of a small bundle on a port of the loopback, with real stores in a directory of its own, a ring of one key,
// and a log that a test reads, holds up or breaks. Its clock is the test's. Requests come as the gateway hands them on.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry, Trail } from '#access/trail.ts'
import { Refusal } from '#access/refusal.ts'
import type { VirtualKey } from '#access/virtual-key.ts'
import { listenAuthorization } from '#authorization/listen.ts'
import type { ActiveAuthorization } from '#authorization/parts.ts'
import type { PluggedParts } from '#authorization/plug.ts'
import { authorizationServer } from '#authorization/provider.ts'
import { makeDpopNonces } from '#identity/dpop-nonce.ts'
import { forge, type ForgedKey, makeKey, makeNetwork, URL_OF_ISSUER } from '#identity/forge.fixture.ts'
import { makeGuesses } from '#identity/guesses.ts'
import { makeJwtAuthenticator } from '#identity/jwt.ts'
import { signInRules } from '#identity/sign-ins.ts'
import { makeKeyAuthenticator } from '#identity/virtual-key.ts'
import { scanText } from '#inspectors/credentials/credentials.ts'
import { ulid } from '#lib/ulid.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import { loadBundle } from '#policy/bundle/load-bundle.ts'
import { openOAuthRecords } from '#store/oauth-records.ts'
import { openOnlyOnce } from '#store/only-once.ts'
import { openSessions } from '#store/sessions.ts'
import { signingKeyOf } from '#store/signing-keys-files.ts'
import { writeFiles } from '#policy/bundle/clinic-fixture.ts'
import { memoryKeyUses, memorySignIns, memoryVirtualKeys } from './memory-virtual-keys.ts'

export const ORIGIN = 'https://gate.example'

const YAML = `public: ${ORIGIN}
issuers:
  harbor: { url: ${URL_OF_ISSUER}, audience: sallyport, groups: groups, as: "User::{sub}" }
  platform: { url: https://platform.example, audience: ${ORIGIN}, as: "App::platform/{sub}" }
teams:
  clinicians: [harbor:clinicians]
  intake: []
systems:
  desk: { tier: 1, owner: desk@harbor.example }
  ledger: { tier: 2, owner: ledger@harbor.example }
  records: { tier: 3, owner: records@harbor.example }
providers:
  harbor: { kind: openai-compatible, url: "http://127.0.0.1:9/v1", credential: file:provider-key, private: true }
models:
  desk-small: { system: desk, use: [harbor/small] }
  desk-large: { system: desk, use: [harbor/large] }
  ledger-small: { system: ledger, use: [harbor/small] }
  records-small: { system: records, use: [harbor/small] }
applications:
  helper: { team: intake, environment: test, use: helps, keys: file:helper.json, users: [harbor], models: [desk-small, desk-large], actions: [infer, embed] }
  other: { environment: test, use: helps, keys: file:other.json, users: [harbor], models: [desk-small], actions: [infer] }
  clerk: { environment: test, use: counts, keys: file:clerk.json, users: [harbor], models: [ledger-small], actions: [infer], networks: [10.0.0.0/8] }
  archivist: { environment: test, use: files, keys: file:archivist.json, users: [harbor], models: [records-small, desk-small], actions: [infer] }
  builder: { environment: test, use: builds, workload: { issuer: platform, subject: "repo:harbor/builder" }, models: [desk-small], actions: [infer] }
`

export const NAMES = ['helper', 'other', 'clerk', 'archivist'] as const
export type Name = (typeof NAMES)[number]

export interface AuthorizationWorld {
  readonly bundle: Bundle
  readonly port: number
  readonly parts: PluggedParts
  readonly entries: Entry[]
  readonly keys: Readonly<Record<Name, ForgedKey>>
  readonly platform: ForgedKey
  readonly reports: string[]
  /** Milliseconds. */
  readonly time: { now: number }
  /** While it is set, nothing can be written. */
  readonly broken: {
    audit: boolean
    /** Beginnings of sessions, and tokens, wait for it. */ held?: Promise<void> | undefined
  }
  addKey(key: VirtualKey): void
  /** They have just shown a token of their own at the gateway, so that their personal keys work. */
  signIn(person: string): void
  /** A token of the organisation's issuer for this person. */
  person(sub: string, claims?: object): string
  workload(claims?: object): string
  /** `private_key_jwt`. */
  assertion(name: Name, claims?: object, header?: object): string
  /** As it arrives through the gateway; `fetch` for client libraries, too. */
  ask(path: string, init?: RequestInit & { readonly source?: string }): Promise<Response>
  /** What the bundle says from now on. */
  reload(edit: (yaml: string) => string): Promise<void>
  stop(): Promise<void>
}

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length))

/** `real`: the system's clock, and a log that stands on the disk. */
export async function startAuthorization(real?: { readonly trail: Trail }): Promise<AuthorizationWorld> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-oauth-'))
  const runtime = join(home, 'runtime.db')
  const time = { now: Date.now() }
  const now = (): number => (real ? Date.now() : time.now)
  let latest = 0
  const clock = {
    now,
    // A test may set its clock back, as an operator may: this one never goes back.
    monotonic() {
      latest = Math.max(latest, now() * 1000)
      return latest
    },
  }
  const keys = Object.fromEntries(NAMES.map((name) => [name, makeKey(name)])) as Record<Name, ForgedKey>
  const platform = makeKey('platform')
  const people = makeKey('people')
  const files = {
    'provider-key': 'not-a-real-key',
    'policies/all.cedar': '@id("all")\npermit (principal, action == Action::"infer", resource);\n',
    ...Object.fromEntries(NAMES.map((name) => [`${name}.json`, JSON.stringify({ keys: [keys[name].jwk] })])),
  }
  const bundleOf = async (yaml: string): Promise<Bundle> => {
    const loaded = await loadBundle(await writeFiles({ ...files, 'sallyport.yaml': yaml }))
    if (loaded.ok) return loaded.bundle
    throw new Error(JSON.stringify(loaded.problems))
  }
  const network = makeNetwork([people.jwk])
  network.pages.set('https://platform.example/.well-known/openid-configuration', () =>
    Response.json({ issuer: 'https://platform.example', jwks_uri: 'https://platform.example/jwks' }),
  )
  network.pages.set('https://platform.example/jwks', () => Response.json({ keys: [platform.jwk] }))
  const entries: Entry[] = []
  const reports: string[] = []
  const broken: AuthorizationWorld['broken'] = { audit: false }
  const trail: Trail = real?.trail ?? {
    async append(entry) {
      await (entry.kind === 'session' || (entry.kind === 'token' && entry.what === 'issued') ? broken.held : undefined)
      if (broken.audit) throw new Refusal('audit_unavailable', { message: 'The audit trail cannot be written.' })
      entries.push(entry)
      return { log: 'authorization', index: entries.length - 1, id: 'id', hash: 'hash' }
    },
  }
  const key = signingKeyOf(random(32), time.now)
  const sessions = openSessions(runtime)
  const onlyOnce = openOnlyOnce(runtime)
  const records = openOAuthRecords(runtime, clock.now)
  const virtual = memoryVirtualKeys()
  const signIns = memorySignIns()
  const parts: PluggedParts = {
    sessions,
    onlyOnce,
    records,
    findKey: (id) => virtual.find(id),
    trail,
    room: async () => undefined,
    ring: { signing: () => key, published: () => [key] },
    nonces: makeDpopNonces(random(32), clock.now),
    secret: random(32),
    guesses: makeGuesses({ clock, random }),
    clock,
    random,
    holdsCredential: (text) => scanText(text).length > 0,
    refreshing: new Map(),
    readText: (path) => readFileSync(path, 'utf8'),
    fetch: async () => new Response(null, { status: 404 }),
    plugs: [],
    report: (line) => void reports.push(line),
  }
  const activeOf = async ({ config }: Bundle): Promise<ActiveAuthorization> => {
    const issuers = [...config.issuers.values()]
    const teams = Object.fromEntries(config.teams)
    const tokens = makeJwtAuthenticator(issuers, teams, {
      fetchJson: network.fetchJson,
      clock,
      report: (line) => void reports.push(line),
    })
    await tokens.start()
    const rules = signInRules(issuers, teams)
    const proveKeys = makeKeyAuthenticator({
      keys: virtual,
      uses: memoryKeyUses(),
      signIns,
      users: tokens,
      teams: new Set(config.teams.keys()),
      rules,
      clock,
      guesses: makeGuesses({ clock, random }),
    })
    return { config, rules, tokens, indirect: new Set(), keys: proveKeys }
  }
  const bundle = await bundleOf(YAML)
  const first = await activeOf(bundle)
  let server = authorizationServer(parts, first)
  const door = await listenAuthorization({ port: 0 }, () => server)
  const seconds = (): number => Math.floor(now() / 1000)
  let made = 0
  return {
    bundle,
    port: door.port,
    parts,
    entries,
    keys,
    platform,
    reports,
    time,
    broken,
    addKey: (added) => virtual.put(added),
    signIn: (person) =>
      signIns.note(person, { at: now(), issuer: 'harbor', groups: [], attributes: {}, rules: first.rules }, now()),
    person: (sub, claims = {}) =>
      forge(people, {
        iss: URL_OF_ISSUER,
        sub,
        aud: 'sallyport',
        iat: seconds() - 10,
        exp: seconds() + 3600,
        ...claims,
      }),
    workload: (claims = {}) =>
      forge(platform, {
        iss: 'https://platform.example',
        sub: 'repo:harbor/builder',
        aud: ORIGIN,
        iat: seconds() - 10,
        exp: seconds() + 300,
        ...claims,
      }),
    assertion(name, claims = {}, header = {}) {
      made += 1
      const own = { iss: name, sub: name, aud: ORIGIN, jti: `assertion-${made}`, iat: seconds(), exp: seconds() + 60 }
      return forge(keys[name], { ...own, ...claims }, header)
    },
    ask(path, { source = '127.0.0.1', ...init } = {}) {
      const headers = new Headers(init.headers)
      headers.set('x-sallyport-exchange', ulid(now(), random))
      headers.set('x-sallyport-source', source)
      return fetch(`http://127.0.0.1:${door.port}${path.replace(ORIGIN, '')}`, { ...init, headers, redirect: 'manual' })
    },
    async reload(edit) {
      server = authorizationServer(parts, await activeOf(await bundleOf(edit(YAML))))
    },
    async stop() {
      await door.stop(500)
      for (const each of [sessions, onlyOnce, records]) each.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}
