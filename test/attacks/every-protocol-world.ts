// A gate with models of both protocols, one for each way in which a provider may misbehave on each route.
import { expect } from 'bun:test'
import { CLINIC, exchangeOf, type Rig, type RigOptions, startRig } from '../rig.ts'
import { goodText, type Owned, type SendRoute, SENDS } from './every-protocol.ts'
import { type EveryProvider, startEveryProvider, type Trick } from './every-protocol-provider.ts'
import { type ForgedIssuer, startForgedIssuer } from './forged-issuer.ts'
import { JSON_TYPE } from './hello.ts'

export interface EveryWorld {
  readonly rig: Rig
  readonly provider: EveryProvider
  /** An issuer that is trusted, and that signs whatever it is told to. */
  readonly forged: ForgedIssuer
  /** Alice's. */
  readonly token: string
  readonly owned: Owned
  stop(): Promise<void>
}

const PERMITS = `@id("everything")
permit (principal in Team::"clinicians", action, resource is Model);
@id("intake")
permit (principal in Team::"intake", action, resource is Model);
`

/** Of the model that misbehaves so on that route. */
export const trickName = (trick: Trick, route: SendRoute): string => `${trick}.${SENDS.indexOf(route)}`

export interface EveryOptions {
  readonly limits?: RigOptions['limits']
  readonly tricks?: readonly Trick[]
  /** Of the provider. */
  readonly timeouts?: string
}

export async function startEveryWorld(options: EveryOptions = {}): Promise<EveryWorld> {
  const { limits, tricks = [], timeouts = '{ first-byte: 5s, idle: 5s }' } = options
  const provider = await startEveryProvider()
  const forged = startForgedIssuer()
  const models = [
    'clinic-embed: { system: clinic, use: [harbor/harbor-embed] }',
    'claude-clinic: { system: clinic, use: [claude/harbor-claude] }',
    ...SENDS.flatMap((route) =>
      tricks.map((trick) => {
        const name = trickName(trick, route)
        const at = route.shape === 'anthropic' ? 'claude' : 'harbor'
        return `${name}: { system: clinic, use: [${at}/${name}] }`
      }),
    ),
    ...tricks.map((trick) => `later.${trick}: { system: clinic, use: [harbor/later.${trick}] }`),
  ]
  const claude = `  claude:
    kind: anthropic
    url: \${provider}/v1
    credential: file:provider-key
    private: true
    timeouts: ${timeouts}
`
  const yaml = (forged.files['sallyport.yaml'] ?? '')
    .replace('{ first-byte: 2s, idle: 1s }', timeouts)
    .replace('models:\n', `${claude}models:\n${models.map((model) => `  ${model}\n`).join('')}`)
  const rig = await startRig({
    files: { ...CLINIC, 'sallyport.yaml': `${yaml}body: { max: 16KiB }\n`, 'policies/clinic.cedar': PERMITS },
    provider: provider.url,
    ...(limits ? { limits } : {}),
  })
  const token = await rig.issuer.mint('alice')
  const keep = await rig.callWith(token, '/v1/responses', { model: 'clinic-small', input: 'keep this', store: true })
  const { id } = (await keep.json()) as { readonly id: string }
  const owned = { response: id, exchange: exchangeOf(keep) }
  return {
    rig,
    provider,
    forged,
    token,
    owned,
    async stop() {
      await rig.stop()
      await provider.stop()
      await forged.stop()
    },
  }
}

export type Headers = Readonly<Record<string, string>>

export const bearer = (credential: string): Headers => ({ authorization: `Bearer ${credential}` })

export interface Sent {
  readonly body?: string | Uint8Array
  readonly headers?: Headers
  readonly method?: string
  readonly path?: string
}

/** A right request to the route as alice, but for what is said. Headers that are empty are left out. */
export function send({ rig, token }: EveryWorld, route: SendRoute, sent: Sent = {}): Promise<Response> {
  const { body = goodText(route), headers = {}, method = 'POST', path = route.path } = sent
  const all: Headers = { ...JSON_TYPE, ...bearer(token), ...headers }
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
  const carries = method !== 'GET' && method !== 'HEAD'
  return fetch(`${rig.url}${path}`, { method, headers: kept, ...(carries ? { body: body as string } : {}) })
}

/** A right request to each route, all at once: whatever came before has left the gate as it was. */
export async function expectServed(world: EveryWorld): Promise<void> {
  const before = world.provider.asked()
  const statuses = await Promise.all(
    SENDS.map(async (route) => {
      const response = await send(world, route)
      await response.arrayBuffer()
      return [route.path, response.status]
    }),
  )
  expect(statuses).toEqual(SENDS.map(({ path }) => [path, 200]))
  expect(world.provider.asked()).toBe(before + SENDS.length)
}
