// A gateway before one provider, for measurements of it alone.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Person } from '#demo/issuer.ts'
import { writeBundle } from './bundle.ts'
import { startGate } from './gate.ts'
import { serveIssuer } from './issuer.ts'
import { type Child, startBun } from './processes.ts'

export interface GateWorld {
  readonly gate: Child & { readonly port: number }
  readonly provider: Child
  readonly bundle: string
  /** `SALLYPORT_HOME`. */
  readonly state: string
  /** What the gateway wrote to its standard error. */
  readonly errors: string
  readonly mint: (person: Person) => Promise<string>
  stop(): Promise<void>
}

/** `provider` is the program of the provider, and its arguments: it says its port when it is ready. */
export async function startGateWorld(provider: readonly string[]): Promise<GateWorld> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const issuer = await serveIssuer()
  const children: Child[] = []
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await child.stop()
    await issuer.stop()
    await rm(home, { recursive: true, force: true })
  }
  try {
    const upstream = await startBun(provider)
    children.push(upstream)
    const bundle = await writeBundle(home, Number(upstream.said), issuer.url)
    const places = { state: join(home, 'state'), errors: join(home, 'errors') }
    const gate = await startGate({ bundle, ...places, output: join(home, 'output') })
    children.push(gate)
    return { gate, provider: upstream, bundle, ...places, mint: (person) => issuer.mint(person), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
