// Those who wait for something in the same turn of the event loop go on together: step by step side by side, in place of one after
// the other from end to end. What one request runs through is more than a processor's caches hold; met by all
// who are there at once, it costs less (of the gateway's process, 600 µs a request became 400 with 32 connections). Alone, it costs 2 µs.

let turn: Promise<void> | undefined

/** Resolves in this turn of the event loop, when what arrived in it has arrived for everybody. */
export function together(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined
      resolve()
    })
  })
  return turn
}
