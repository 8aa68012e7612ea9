// Which of a host's addresses takes connections: `fetch` has no time limit for connecting, so it is tried out beforehand,
// with a connection that is closed again at once. Nothing is sent on it.
import { connect } from 'node:net'

export interface Place {
  readonly address: string
  readonly port: number
}

/** RFC 8305 §5: a silent address delays the next one by no more than this, in milliseconds. */
const HEAD_START_MS = 250

/** The first that connects, each begun when the one before it failed or had its head start; undefined if none does within `limit` ms. */
export async function firstToConnect<P extends Place>(places: readonly P[], limit: number): Promise<P | undefined> {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), limit)
  let turn: Promise<unknown> = Promise.resolve()
  const attempts = places.map((place) => {
    const began = turn
    const attempt = began.then(() => knock(place, over.signal))
    turn = Promise.race([
      attempt.then(
        () => new Promise<never>(() => undefined),
        () => undefined,
      ),
      began.then(() => pause(HEAD_START_MS, over.signal)),
    ])
    return attempt
  })
  const late = new Promise<undefined>((resolve) => over.signal.addEventListener('abort', () => resolve(undefined)))
  try {
    return await Promise.race([Promise.any(attempts), late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

function knock<P extends Place>(place: P, over: AbortSignal): Promise<P> {
  return new Promise((resolve, reject) => {
    if (over.aborted) return reject(new Error('over'))
    const socket = connect({ host: place.address, port: place.port })
    const giveUp = (): void => {
      socket.destroy()
      reject(new Error('over'))
    }
    over.addEventListener('abort', giveUp)
    socket.once('connect', () => {
      over.removeEventListener('abort', giveUp)
      socket.destroy()
      resolve(place)
    })
    socket.on('error', (error) => {
      over.removeEventListener('abort', giveUp)
      socket.destroy()
      reject(error)
    })
  })
}

/** Never ends once it is over. */
function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    over.addEventListener('abort', () => clearTimeout(timer))
  })
}
