// The authorization server's door: a Unix socket that only its owner can open, behind the gateway. In tests, a port of the loopback.
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import type { AuthorizationServer } from './provider.ts'

export interface AuthorizationDoor {
  /** Of the loopback; 0 for a socket. */
  readonly port: number
  /** Takes nothing new, lets what is under way end for at most `ms`, then cuts it. */
  stop(ms: number): Promise<void>
}

/** Where a Unix socket's path ends: 107 bytes on Linux, 103 on macOS. */
const MOST_BYTES = 100

/** Why there can be no socket at this path; undefined where there can. */
export function socketFault(path: string): string | undefined {
  const bytes = Buffer.byteLength(path)
  if (bytes <= MOST_BYTES) return undefined
  return `the path of the socket ${path} is ${bytes} bytes long, and ${MOST_BYTES} is the most: set SALLYPORT_HOME to a shorter one`
}

/** `server` is asked for each request: another bundle brings another one. The caller MUST hold the lock of this process. */
export async function listenAuthorization(
  at: { readonly socket: string } | { readonly port: number },
  server: () => AuthorizationServer,
): Promise<AuthorizationDoor> {
  const http = createServer((request, response) => void server()(request, response))
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    if ('port' in at) http.listen(at.port, '127.0.0.1', () => resolve())
    else {
      mkdirSync(dirname(at.socket), { recursive: true, mode: 0o700 })
      chmodSync(dirname(at.socket), 0o700)
      // Left by one that was killed: whoever holds the lock is alone.
      rmSync(at.socket, { force: true })
      http.listen(at.socket, () => resolve())
    }
  })
  if ('socket' in at) chmodSync(at.socket, 0o600)
  const address = http.address()
  return {
    port: isPort(address) ? address.port : 0,
    async stop(ms) {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      const force = setTimeout(() => http.closeAllConnections(), ms)
      http.closeIdleConnections()
      await closed
      clearTimeout(force)
    },
  }
}

const isPort = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null
