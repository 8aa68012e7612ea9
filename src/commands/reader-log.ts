// Who reads the logs is itself recorded, before anything is shown, in a log that the reader owns and never in one that is read.
// Whoever owns the state directory has it there, as `audit/reads-<user>`; anybody else, root included, in a directory of their own,
// since a file of theirs in somebody else's state directory would stop its owner.
import { mkdir, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { ReadEntry } from '#access/trail.ts'
import { withLog } from './brief-log.ts'
import type { Io } from './io.ts'
import { type StateDirectory, stateDirectory } from './state-directory.ts'
import { systemUser } from './system-user.ts'

export type Reading = Omit<ReadEntry, 'kind' | 'by'>

type Reader = Pick<Io, 'err' | 'environment'> & { readonly settings: Pick<Io['settings'], 'home'> }

/**
 * Resolves once the reading is recorded, and survives the machine. Throws an Error that says what to do where it cannot be: the
 * caller MUST show nothing then.
 */
export async function recordRead(io: Reader, reading: Reading): Promise<void> {
  const by = await systemUser()
  let place = io.settings.home
  try {
    const owned = await isOwn(io.settings.home)
    const own = owned ? io.settings.home : ownHome(io.environment)
    if (own === undefined) throw new Error('it belongs to somebody else, and HOME is not set')
    place = own
    const state = owned ? await foldersIn(own) : await stateDirectory(own)
    await withLog(state, { log: readsLog(by), tool: `reader of logs` }, io, (trail) =>
      trail.append({ kind: 'read', by, ...reading }, 'machine'),
    )
  } catch (cause) {
    throw new Error(
      `nothing is shown, because this reading cannot be recorded in ${place}: ${reasonOf(cause)}. ` +
        'Make room and make it writable for you, or, where the logs are not yours, set XDG_STATE_HOME to a directory that is',
      { cause },
    )
  }
}

/**
 * `reads-alice`, or `reads-uid1000` where the system's name for the reader cannot be the name of a log, looks like one made of a
 * number, or ends as the second generation of somebody else's log would.
 */
export function readsLog(systemName: string): string {
  const [, name = '', uid = 'unknown'] = /^(?:(\S+) \()?(?:uid (\d+))?\)?$/.exec(systemName) ?? []
  const isPlain = /^[a-z][a-z0-9-]{0,39}$/.test(name) && !/-\d+$|^uid\d*$/.test(name)
  return isPlain ? `reads-${name}` : `reads-uid${uid}`
}

/** Root may write anywhere; what counts is whose it is. */
export async function isOwn(home: string): Promise<boolean> {
  const found = await stat(home)
  return found.uid === process.getuid?.()
}

/** Nothing but what is missing: here it is a gateway's, which may run. */
async function foldersIn(home: string): Promise<Omit<StateDirectory, 'bundles'>> {
  const state = { home, audit: join(home, 'audit'), keys: join(home, 'keys'), locks: join(home, 'locks') }
  for (const folder of [state.audit, state.keys, state.locks]) await mkdir(folder, { recursive: true, mode: 0o700 })
  return state
}

/** XDG Base Directory Specification: a relative path there counts as none. */
function ownHome(environment: Reader['environment']): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home } = environment
  if (state !== undefined && isAbsolute(state)) return join(state, 'sallyport')
  return home !== undefined && isAbsolute(home) ? join(home, '.local', 'state', 'sallyport') : undefined
}

/** A Refusal of the trail says what everybody may know; what is in the way stands behind it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.name === 'Refusal' ? error.cause.message : error.message
}
