// A gate with two issuers and whatever virtual keys a test makes: right in every way but the ones it names.
import { expect } from 'bun:test'
import type { VirtualKey } from '#access/virtual-key.ts'
import { CLINIC, exchangeOf, type Rig, says, startRig } from '../rig.ts'
import { type ForgedIssuer, startForgedIssuer } from './forged-issuer.ts'
import { JSON_TYPE } from './hello.ts'
import { providerCount } from './record.ts'

export interface KeyWorld {
  readonly rig: Rig
  /** An issuer that is trusted, and that signs whatever it is told to. */
  readonly forged: ForgedIssuer
  /** Every secret that was made. */
  readonly secrets: readonly string[]
  /** For all that is sent here, of loopback, unless told otherwise. */
  make(
    differs?: Partial<VirtualKey>,
  ): Promise<{ readonly id: string; readonly credential: string; readonly secret: string }>
  change(id: string, changed: (key: VirtualKey) => Partial<VirtualKey>): Promise<void>
  stop(): Promise<void>
}

export const DAY = 86_400_000

const MODELS = `  clinic-embed: { system: clinic, use: [harbor/harbor-embed] }
  claude-clinic: { system: clinic, use: [claude/harbor-claude] }
  claude-large: { system: clinic, use: [claude/harbor-claude] }
`
const CLAUDE = `  claude:
    kind: anthropic
    url: \${provider}/v1
    credential: file:provider-key
    private: true
models:
`

export async function startKeyWorld(): Promise<KeyWorld> {
  const forged = startForgedIssuer()
  const yaml = (forged.files['sallyport.yaml'] ?? '').replace('models:\n', `${CLAUDE}${MODELS}`)
  const permits = `@id("intake-uses-every-model")
permit (principal in Team::"intake", action, resource is Model);
@id("clinicians-do-everything")
permit (principal in Team::"clinicians", action, resource is Model);
`
  const rig = await startRig({
    files: { ...CLINIC, 'sallyport.yaml': yaml, 'policies/intake.cedar': permits },
  })
  const secrets: string[] = []
  return {
    rig,
    forged,
    secrets,
    async make(differs = {}) {
      const models = ['clinic-small', 'clinic-embed', 'claude-clinic']
      const { id, text, secret } = await rig.keys.make({ models, created: Date.now() - 10 * DAY, ...differs })
      secrets.push(secret)
      return { id, secret, credential: text }
    },
    change: (id, changed) => rig.keys.change(id, (key) => ({ ...key, ...changed(key) })),
    async stop() {
      await rig.stop()
      await forged.stop()
    },
  }
}

export interface KeyRoute {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

export const KEY_ROUTES: readonly KeyRoute[] = [
  { path: '/v1/chat/completions', body: { model: 'clinic-small', messages: says('hello') } },
  { path: '/v1/responses', body: { model: 'clinic-small', input: 'hello', store: false } },
  { path: '/v1/completions', body: { model: 'clinic-small', prompt: 'hello' } },
  { path: '/v1/embeddings', body: { model: 'clinic-embed', input: 'hello' } },
  { path: '/v1/moderations', body: { model: 'clinic-small', input: 'hello' } },
  { path: '/v1/messages', body: { model: 'claude-clinic', max_tokens: 9, messages: says('hello') } },
  { path: '/anthropic/v1/messages', body: { model: 'claude-clinic', max_tokens: 9, messages: says('hello') } },
]

export type Headers = Readonly<Record<string, string>>

export const bearer = (credential: string): Headers => ({ authorization: `Bearer ${credential}` })

export const post = (rig: Rig, { path, body }: KeyRoute, headers: Headers): Promise<Response> =>
  fetch(`${rig.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } })

export interface KeyRefused {
  readonly status: number
  readonly code: string
  /** Words of the message. */
  readonly says?: string
  readonly indicator?: string
  readonly subject?: string
}

/** Sends it and checks the no: told in words, recorded whole, and nothing reached the provider. */
export async function expectKeyRefused(rig: Rig, send: () => Promise<Response>, told: KeyRefused): Promise<void> {
  const before = await providerCount(rig)
  const response = await send()
  const exchange = exchangeOf(response)
  const text = await response.text()
  const { error } = JSON.parse(text) as { readonly error: { readonly message: string } }
  expect({ status: response.status, message: error.message }).toEqual({
    status: told.status,
    message: expect.stringContaining(told.says ?? ''),
  } as never)
  expect(text).toContain(exchange)
  const { decision, outcome } = await rig.settled(exchange)
  expect(decision).toMatchObject({ decision: 'deny', reason: told.code, source: '127.0.0.1' })
  expect(outcome).toMatchObject({ status: told.status, ended: 'refused', reason: told.code })
  const ofIt = (await rig.entries()).filter((entry) => entry['exchange'] === exchange)
  const { indicator, subject } = told
  expect(ofIt.map(({ kind }) => kind)).toEqual([...(indicator ? ['indicator'] : []), 'decision', 'outcome'])
  if (indicator) {
    expect(ofIt[0]).toMatchObject({ indicator, source: '127.0.0.1', ...(subject === undefined ? {} : { subject }) })
  }
  expect(await providerCount(rig)).toBe(before)
}
