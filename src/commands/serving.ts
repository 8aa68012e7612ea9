// The end of a process that serves. When its command has returned, every answer is given or cut and every log is closed; what still
// goes on (a connection to a provider that takes none, a login at an issuer that is silent) is waited for by nobody.
import type { Run } from './io.ts'

/** Milliseconds for the last lines to be written. */
const REST_MS = 250

/** The command, after which nothing keeps the process. For those alone whose output nobody reads to its end. */
export function serving(run: Run): Run {
  return async (args, io) => {
    try {
      return await run(args, io)
    } finally {
      // Where nothing else goes on, the process is gone before: this does not keep it either. It ends with the code that was set.
      setTimeout(() => process.exit(), REST_MS).unref()
    }
  }
}
