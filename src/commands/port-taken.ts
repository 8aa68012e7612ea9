import type { Io } from './io.ts'

// ENOENT and EINVAL: a host that no address is known for.
const CANNOT_LISTEN = new Set(['EACCES', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOENT', 'EINVAL'])

/** One clear line for a port that is in use; anything else is thrown on. Returns the exit code. */
export function portTaken(error: unknown, host: string, port: number, io: Io): number {
  if (!(error instanceof Error && 'code' in error)) throw error
  if (error.code === 'EADDRINUSE') {
    io.err(`sallyport: port ${port} on ${host} is in use by another program; stop it, or set SALLYPORT_PORT`)
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
