import type { Io } from './io.ts'
import { isSallyportAt, ownLook } from './sallyport-at.ts'

// ENOENT and EINVAL: a host that no address is known for.
const CANNOT_LISTEN = new Set(['EACCES', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOENT', 'EINVAL'])

/** One clear line for a port that is in use; anything else is thrown on. Returns the exit code. */
export async function portTaken(error: unknown, host: string, port: number, io: Pick<Io, 'err'>): Promise<number> {
  if (!(error instanceof Error && 'code' in error)) throw error
  if (error.code === 'EADDRINUSE') {
    const what = (await isSallyportAt(host, port, ownLook()))
      ? 'is taken: a Sallyport serves there'
      : 'is in use by another program'
    io.err(`sallyport: port ${port} on ${host} ${what}; stop it, or set SALLYPORT_PORT`)
    return 1
  }
  if (CANNOT_LISTEN.has(String(error.code))) {
    io.err(
      `sallyport: cannot listen on ${host} port ${port} (${String(error.code)}); set SALLYPORT_HOST or SALLYPORT_PORT`,
    )
    return 1
  }
  throw error
}
