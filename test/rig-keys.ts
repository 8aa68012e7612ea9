// Virtual keys of a test's gate: made and changed in the very store that its workers read, through the owner's register.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { VirtualKey } from '#access/virtual-key.ts'
import { openKeyRegister } from '#store/key-register.ts'

export interface RigKeys {
  /** Makes a key for the app `intake`, of loopback, for everything on clinic-small, unless told otherwise. */
  make(
    definition?: Partial<VirtualKey>,
  ): Promise<{ readonly id: string; readonly text: string; readonly secret: string }>
  /** Takes effect before it resolves. */
  change(id: string, changed: (key: VirtualKey) => VirtualKey): Promise<void>
  close(): void
}

const DAY = 86_400_000

export const sha256 = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())

export function rigKeys(home: string): RigKeys {
  const trail = { append: async () => ({ log: 'owner', index: 0, id: 'none', hash: 'none' }) }
  const register = openKeyRegister(join(home, 'control.db'), { trail, by: 'a test' })
  let made = 0
  return {
    async make(definition = {}) {
      made += 1
      const id = definition.id ?? `testkey${String(made).padStart(5, '0')}`
      const secret = createHash('sha256').update(`${id} ${Math.random()}`).digest('hex')
      const now = Date.now()
      const key: VirtualKey = {
        id,
        principal: { type: 'App', id: 'intake' },
        owner: 'platform@harbor.example',
        team: 'intake',
        environment: 'production',
        use: 'the intake form',
        models: ['clinic-small'],
        actions: ['infer', 'embed'],
        networks: ['127.0.0.0/8'],
        users: [],
        created: now,
        notBefore: now - 1_000,
        expires: now + DAY,
        secrets: [{ sha256: sha256(secret) }],
        ...definition,
      }
      await register.change(() => [{ key, why: 'a test' }])
      return { id, secret, text: `sp_${id}_${secret}` }
    },
    async change(id, changed) {
      await register.change((keys) =>
        keys.flatMap((key) => (key.id === id ? [{ key: changed(key), why: 'a test' }] : [])),
      )
    },
    close: () => register.close(),
  }
}
