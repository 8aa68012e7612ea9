// `sallyport session`: the owner's tool for sessions. It works on the state directory, also while the gateway runs.
import { type Io, UsageError } from './io.ts'
import { elevateSession } from './session-elevate.ts'
import { endSessions } from './session-end.ts'
import { listSessions } from './session-list.ts'
import { showSession } from './session-show.ts'

export async function session(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  switch (verb) {
    case 'list':
      return listSessions(rest, io)
    case 'show':
      return showSession(rest, io)
    case 'end':
      return endSessions(rest, io)
    case 'elevate':
      return elevateSession(rest, io)
    default:
      throw new UsageError('session takes list, show, end or elevate')
  }
}
