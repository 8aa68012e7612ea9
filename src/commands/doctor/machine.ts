// What the gate needs of this machine: room for its log, and its ports.
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Settings } from '#commands/io.ts'
import { isSallyportAt } from '#commands/sallyport-at.ts'
import { ownHost } from '#gateway/listen-plaintext.ts'
import { assertPortFree } from '#gateway/listen.ts'
import type { Look } from '#upstream/look.ts'
import { type Finding, notKnown, ok, warn, wrong } from './finding.ts'

const GIB = 2 ** 30
const LOW = GIB
const TOO_LOW = GIB / 10

/** Free bytes below a path that need not be there yet. */
export async function freeBytes(path: string): Promise<number | undefined> {
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => undefined)
    if (found) return found.bavail * found.bsize
    if (dirname(at) === at) return undefined
  }
}

export function diskFinding(home: string, free: number | undefined): Finding {
  const path = join(home, 'audit')
  if (free === undefined) return notKnown('disk', path, 'how much is free cannot be told')
  const said = `${free < GIB ? `${Math.floor(free / 2 ** 20)} MiB` : `${Math.floor(free / GIB)} GiB`} free`
  const fix = 'Make room, or set SALLYPORT_HOME to a larger disk: what cannot be recorded is refused.'
  if (free < TOO_LOW) return wrong('disk', path, said, fix)
  return free < LOW ? warn('disk', path, said, fix) : ok('disk', path, said)
}

/** Each port, free or held by a Sallyport. A free one is held for a moment to find out. */
export async function checkPorts(
  { host, port }: Pick<Settings, 'host' | 'port'>,
  look: Look,
): Promise<readonly Finding[]> {
  return Promise.all([checkPort(host, port, look), checkPort(ownHost(host), port + 1, look)])
}

async function checkPort(host: string, port: number, look: Look): Promise<Finding> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  try {
    assertPortFree(host, port)
    return ok('port', address, 'free')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EADDRINUSE') {
      if (await isSallyportAt(host, port, look)) return ok('port', address, 'a Sallyport serves there')
      return wrong('port', address, 'is in use by another program', 'Stop it, or set SALLYPORT_PORT.')
    }
    return wrong(
      'port',
      address,
      `cannot be listened on (${code || 'no reason given'})`,
      'Set SALLYPORT_HOST to an address of this machine, or SALLYPORT_PORT to another port.',
    )
  }
}
