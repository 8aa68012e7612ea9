// The state directory: everything that Sallyport keeps lies in it, and it is its owner's alone.
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '#store/synced-file.ts'

export interface StateDirectory {
  readonly home: string
  readonly audit: string
  readonly keys: string
  readonly bundles: string
  readonly locks: string
}

/** Makes the state directory, readable by its owner alone. Throws an Error that names it and the fix. */
export async function stateDirectory(home: string, sync = syncDirectory): Promise<StateDirectory> {
  const state = {
    home,
    audit: join(home, 'audit'),
    keys: join(home, 'keys'),
    bundles: join(home, 'bundles'),
    locks: join(home, 'locks'),
  }
  try {
    const made = await mkdir(home, { recursive: true, mode: 0o700 })
    await makeLasting(home, made ?? home, sync)
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

const FOREIGN = new Set(['EACCES', 'EPERM', 'EROFS', 'EINVAL'])

/** A log whose directory a dead machine forgot is lost, whatever was synced in it. From the name of `home` up to that of `highest`. */
async function makeLasting(home: string, highest: string, sync: typeof syncDirectory): Promise<void> {
  for (let at = dirname(home); at.length >= dirname(highest).length; at = dirname(at)) {
    try {
      await sync(at)
    } catch (error) {
      // Of a directory that others own and hide only they can say; in one that is read-only nothing was made.
      if (!(error instanceof Error && 'code' in error && FOREIGN.has(String(error.code)))) throw error
    }
    if (at === dirname(at)) return
  }
}
