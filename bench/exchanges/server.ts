// The authorization server in a process of its own, as bench/exchanges.ts measures it: real stores, a real log, the system's clock.
// It also makes what callers send, beforehand: signing is their work, and no part of what is measured.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '#audit/open-log.ts'
import { makeKey } from '#identity/forge.fixture.ts'
import { systemClock } from '#lib/clock.ts'
import { proofBy } from '../../test/doubles/authorization-calls.ts'
import { startAuthorization } from '../../test/doubles/authorization-server.ts'

export type Ask = { readonly ask: 'cpu' } | { readonly ask: 'requests'; readonly number: number }

export interface Requests {
  readonly person: string
  readonly helper: readonly string[]
  readonly archivist: readonly string[]
  readonly proofs: readonly string[]
}

const home = await mkdtemp(join(tmpdir(), 'sallyport-bench-oauth-'))
const [directory, keys] = [join(home, 'audit'), join(home, 'keys')]
await Promise.all([directory, keys].map((each) => mkdir(each, { mode: 0o700 })))
const random = (bytes: number): Uint8Array => randomBytes(bytes)
const log = await openLog({ directory, keys, log: 'authorization', clock: systemClock, random })
const world = await startAuthorization({ trail: log })
const holder = makeKey('holder')

process.on('message', (message: Ask) => {
  if (message.ask === 'cpu') {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
    return
  }
  world.time.now = Date.now()
  const each = <Made>(make: () => Made): readonly Made[] => Array.from({ length: message.number }, make)
  const requests: Requests = {
    person: world.person('alice'),
    helper: each(() => world.assertion('helper')),
    archivist: each(() => world.assertion('archivist')),
    proofs: each(() => proofBy(world, holder)),
  }
  process.send?.({ requests })
})
process.on('disconnect', () => {
  void (async () => {
    await world.stop()
    await log.close()
    await rm(home, { recursive: true, force: true })
    process.exit(0)
  })()
})
process.send?.({ port: world.port })
