// An answer's body, sent at the pace and up to the point that the caller's directives ask for.
// A dropped connection is a stream that errs: Bun then resets the socket, and a chunked body stays without its end.

export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>

/** `lead` stands before a piece and `end` after the last one: neither is counted, neither is waited for. */
export interface Part {
  readonly kind: 'lead' | 'piece' | 'end'
  readonly text: string
}

export interface Pace {
  /** Milliseconds before everything, and between pieces. */
  readonly delay: number
  /** Pieces after which the connection is dropped; it is dropped before the end in any case. */
  readonly die?: number
  /** After so many pieces this is sent instead of the rest, and the body ends well. `sent` counts parts of all kinds. */
  readonly fail?: { readonly after: number; readonly text: (sent: number) => string }
  readonly wait: Wait
  /** Called once, when nothing more will be sent because nothing more was meant to be. */
  readonly ended: () => void
}

// A reset discards what still waits to be sent. This long, in milliseconds, the last pieces have to leave.
const LINGER = 40

export function pacedBody(parts: Iterable<Part>, pace: Pace): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const gone = new AbortController()
  const iterator = parts[Symbol.iterator]()
  let started = false
  let sent = 0
  let parted = 0

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (!started && pace.delay > 0) await pace.wait(pace.delay, gone.signal)
    started = true
    const next = iterator.next()
    const part = next.done === true ? undefined : next.value
    if (pace.die !== undefined && (sent >= pace.die || part === undefined || part.kind === 'end')) {
      if (sent > 0) await pace.wait(LINGER, gone.signal)
      pace.ended()
      // Without a reason, because Bun prints any other one with its source on standard error.
      controller.error()
      return
    }
    const failing =
      pace.fail !== undefined && part?.kind !== 'lead' && (sent >= pace.fail.after || part?.kind === 'end')
    if (part === undefined || failing) {
      if (failing) controller.enqueue(encoder.encode(pace.fail?.text(parted)))
      pace.ended()
      controller.close()
      return
    }
    if (part.kind === 'piece') {
      if (sent > 0 && pace.delay > 0) await pace.wait(pace.delay, gone.signal)
      sent += 1
    }
    parted += 1
    controller.enqueue(encoder.encode(part.text))
  }

  return new ReadableStream<Uint8Array>({
    pull: (controller) =>
      pull(controller).catch((error: unknown) => {
        // The caller left while we waited: there is nobody to tell.
        if (!gone.signal.aborted) throw error
      }),
    cancel: () => gone.abort(),
  })
}
