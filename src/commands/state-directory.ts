import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface StateDirectory {
  readonly home: string
  readonly audit: string
  readonly keys: string
  readonly bundles: string
  readonly locks: string
}

/** Makes the state directory, readable by its owner alone. Throws an Error that names it and the fix. */
export async function stateDirectory(home: string): Promise<StateDirectory> {
  const state = {
    home,
    audit: join(home, 'audit'),
    keys: join(home, 'keys'),
    bundles: join(home, 'bundles'),
    locks: join(home, 'locks'),
  }
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    await chmod(home, 0o700)
    for (const folder of [state.audit, state.keys, state.bundles, state.locks]) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new Error(`the state directory ${home} cannot be made${code}; set SALLYPORT_HOME`, { cause })
  }
  return state
}
