// Opens the keys for the owner's tool: its lock, its log `audit/owner`, and `control.db`. It works beside a gateway and a
// control process that run.
import { join } from 'node:path'
import { type KeyRegister, openKeyRegister } from '#store/key-register.ts'
import { WAIT_S, withLog } from './brief-log.ts'
import type { Io } from './io.ts'
import { stateDirectory } from './state-directory.ts'
import { systemUser } from './system-user.ts'

/** Runs `work` with the keys of this state directory, alone. Throws an Error that says what is in the way. `wait` in seconds. */
export async function withKeyRegister<T>(
  home: string,
  io: Pick<Io, 'err'>,
  work: (register: KeyRegister) => Promise<T>,
  wait: number = WAIT_S,
): Promise<T> {
  const state = await stateDirectory(home)
  return withLog(state, { log: 'owner', tool: 'sallyport key', wait }, io, async (trail) => {
    const register = openKeyRegister(join(home, 'control.db'), { trail, by: await systemUser() })
    try {
      return await work(register)
    } finally {
      register.close()
    }
  })
}
