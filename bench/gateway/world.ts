// Everything that is measured, running: a provider, and each target before it. Stopped in the order of who depends on whom.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBundle } from './bundle.ts'
import type { Load } from './caller.ts'
import { bodyOf, type Model } from './conversation.ts'
import { startGate } from './gate.ts'
import { serveIssuer } from './issuer.ts'
import { installPortkey, portkeyHeaders, startPortkey } from './portkey.ts'
import { type Child, startBun } from './processes.ts'

export interface Target {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly model: Model
  readonly headers: Readonly<Record<string, string>>
}

export interface World {
  readonly direct: Target
  readonly bare: Target
  readonly sallyport: Target
  /** The same gateway, but each decision is synced to the disk before the provider hears of it: tier 3. */
  readonly synced: Target
  /** With and without its check of the token. Undefined where it cannot be had; why has been said then. */
  readonly portkey: { readonly checked: Target; readonly unchecked: Target } | undefined
  /** `SALLYPORT_HOME`. */
  readonly state: string
  stopGateway(): Promise<void>
  stop(): Promise<void>
}

export const loadOf = (target: Target, bytes: number, stream: boolean): Load => ({
  port: target.port,
  headers: target.headers,
  body: bodyOf(bytes, stream, target.model),
})

export async function startWorld({ portkey: wanted }: { readonly portkey: boolean }): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const children: Child[] = []
  const started = async <T extends Child>(starting: Promise<T>): Promise<T> => {
    const child = await starting
    children.push(child)
    return child
  }
  const issuer = await serveIssuer()
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await child.stop()
    await issuer.stop()
    await rm(home, { recursive: true, force: true })
  }
  try {
    const provider = await started(startBun([join(import.meta.dirname, 'provider.ts'), issuer.jwks]))
    const upstream = Number(provider.said)
    const bare = await started(startBun([join(import.meta.dirname, 'bare.ts'), provider.said]))
    const bundle = await writeBundle(home, upstream, issuer.url)
    const state = join(home, 'state')
    const token = await issuer.mint('alice')
    const gateway = await started(startGate({ bundle, state, output: join(home, 'output') }))
    const sallyport: Target = {
      name: 'sallyport',
      pid: gateway.pid,
      port: gateway.port,
      model: 'clinic-small',
      headers: { authorization: `Bearer ${token}` },
    }
    const plain = { model: 'clinic-small', headers: {} } as const
    return {
      direct: { ...plain, name: 'direct', pid: provider.pid, port: upstream },
      bare: { ...plain, name: 'bare', pid: bare.pid, port: Number(bare.said) },
      sallyport,
      synced: { ...sallyport, name: 'sallyport, tier 3', model: 'records-large' },
      portkey: wanted ? await portkeyOr(started, upstream, token) : undefined,
      state,
      stopGateway: () => gateway.stop(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function portkeyOr(
  started: <T extends Child>(starting: Promise<T>) => Promise<T>,
  provider: number,
  token: string,
): Promise<World['portkey']> {
  try {
    const { pid, port } = await started(startPortkey(installPortkey()))
    const target = (name: string, keys?: string): Target => {
      return { name, pid, port, model: 'clinic-small', headers: portkeyHeaders(provider, token, keys) }
    }
    const checked = target('portkey', `http://127.0.0.1:${provider}/jwks`)
    return { checked, unchecked: target('portkey, no token check') }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    console.error(`Portkey's gateway is not measured, it could not be had: ${why}`)
    return undefined
  }
}
