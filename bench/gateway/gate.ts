// One worker of the gateway itself, as `sallyport gateway` starts it, with a state directory of its own.
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { type Child, startBun } from './processes.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

export interface GatePlaces {
  readonly bundle: string
  /** `SALLYPORT_HOME`. */
  readonly state: string
  /** The file that gets its standard output: what it says of each request costs what it costs in service. */
  readonly output: string
  /** The file that gets its standard error; this process's own unless given. */
  readonly errors?: string
}

export async function startGate({ bundle, state, ...files }: GatePlaces): Promise<Child & { readonly port: number }> {
  const port = freePort()
  const environment = { SALLYPORT_HOME: state, SALLYPORT_PORT: String(port) }
  return { ...(await startBun([MAIN, 'gateway', '--bundle', bundle], { environment, ...files })), port }
}
