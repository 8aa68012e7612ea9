// When keys were used last, for the owner's tool.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyUses } from '#access/virtual-key.ts'
import { openKeyUses } from '#store/key-uses.ts'

/** Nothing is made where nothing is: then no key was ever used. */
export function withLastUses<T>(home: string, work: (last: KeyUses['last']) => T): T {
  const runtime = join(home, 'runtime.db')
  if (!existsSync(runtime)) return work(() => undefined)
  const uses = openKeyUses(runtime)
  try {
    return work((id) => uses.last(id))
  } finally {
    uses.close()
  }
}
