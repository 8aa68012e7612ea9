import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface StateDirectory {
  readonly home: string
  readonly audit: string
  readonly keys: string
  readonly bundles: string
  readonly locks: string
}

/** Makes the state directory, readable by its owner alone. */
export async function stateDirectory(home: string): Promise<StateDirectory> {
  const state = {
    home,
    audit: join(home, 'audit'),
    keys: join(home, 'keys'),
    bundles: join(home, 'bundles'),
    locks: join(home, 'locks'),
  }
  await mkdir(home, { recursive: true, mode: 0o700 })
  await chmod(home, 0o700)
  for (const folder of [state.audit, state.keys, state.bundles, state.locks]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
  return state
}
