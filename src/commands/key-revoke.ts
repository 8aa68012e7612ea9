// `sallyport key revoke`: for good, and in force in the very next request on every worker.
import type { VirtualKey } from '#access/virtual-key.ts'
import { revoke } from '#store/key-changes.ts'
import { keyRecord } from '#store/key-record.ts'
import { type Io, UsageError } from './io.ts'
import { keyId, type KeyTools, requireKeys, systemTools } from './key-tools.ts'
import { readWhy } from './key-why.ts'
import { readOptions } from './options.ts'
import { withKeyRegister } from './owner-log.ts'
import { painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { printJson } from './terminal.ts'

const OPTIONS = { of: { type: 'string' }, why: { type: 'string' }, json: { type: 'boolean' } } as const

/** Longer than anything else waits for an import that is at work: a revocation is in a hurry, and must not get lost. */
const WAIT_S = 30

export async function revokeKeys(args: readonly string[], io: Io, tools: KeyTools = systemTools): Promise<number> {
  const { values, positionals } = readOptions({ args: [...args], options: OPTIONS, allowPositionals: true })
  if (values.why === undefined) throw new UsageError('key revoke needs --why, a few words for the record')
  const why = readWhy(values.why)
  const isMeant = values.of === undefined ? byId(keyId(positionals, 'revoke')) : byPrincipal(values.of, positionals)
  requireKeys(io)
  const now = tools.now()
  let before: readonly VirtualKey[] = []
  const revokeAll = (held: readonly VirtualKey[]) => {
    before = held.filter(isMeant)
    return before.filter((key) => !key.revoked).map((key) => ({ key: revoke(key, now, why), why }))
  }
  const { home } = io.settings
  const revoked = await withKeyRegister(home, io, (register) => register.change(revokeAll), WAIT_S)
  if (before.length === 0) {
    io.err(`sallyport: there is no such key; sallyport key list shows them`)
    return 1
  }
  for (const key of revoked) {
    const whom = plain(`${key.principal.type} ${key.principal.id}`)
    io.out(
      values.json === true ? printJson(keyRecord(key)) : `${painter(io.color).good('✓')} revoked ${key.id}  ${whom}`,
    )
  }
  if (revoked.length === 0) io.err('sallyport: revoked already; nothing was changed')
  return 0
}

const byId =
  (id: string) =>
  (key: VirtualKey): boolean =>
    key.id === id

function byPrincipal(of: string, positionals: readonly string[]): (key: VirtualKey) => boolean {
  const [, type, name] = /^(App|User)::(.+)$/s.exec(of) ?? []
  if (positionals.length > 0) throw new UsageError('key revoke takes the id of one key, or --of, not both')
  if (type === undefined || name === undefined) throw new UsageError('--of takes App::NAME or User::NAME')
  // As Cedar writes it, in quotes, or without.
  const id = /^"[^"\\]*"$/.test(name) ? name.slice(1, -1) : name
  return ({ principal }) => principal.type === type && principal.id === id
}
