// What the demo provider was asked, just as it arrived: the witness of every check that something did, or did not, leave.
// Bounded by number and by bytes, the oldest going first.

export interface SeenRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Instead of `body`, where that is not UTF-8. */
  readonly body64?: string
  /** RFC 3339, UTC. */
  readonly at: string
  /** The caller hung up before the answer had ended. */
  readonly aborted: boolean
}

export interface Seen {
  /** Adds a request and returns its number. */
  add(request: SeenRequest): number
  /** Does nothing where the request is no longer held. */
  amend(id: number, change: Partial<SeenRequest>): void
  /** The oldest first. */
  list(): readonly SeenRequest[]
  clear(): void
}

const MOST_REQUESTS = 1_000
const MOST_CHARACTERS = 256 * 1024 * 1024

export function makeSeen(): Seen {
  const held = new Map<number, SeenRequest>()
  let next = 1
  let characters = 0

  function drop(id: number, request: SeenRequest): void {
    held.delete(id)
    characters -= size(request)
  }

  function trim(): void {
    for (const [id, request] of held) {
      // The newest stays whatever its size: a check that sends one huge request wants to see it.
      if (held.size <= 1 || (held.size <= MOST_REQUESTS && characters <= MOST_CHARACTERS)) return
      drop(id, request)
    }
  }

  return {
    add(request) {
      const id = next
      next += 1
      held.set(id, request)
      characters += size(request)
      trim()
      return id
    },
    amend(id, change) {
      const request = held.get(id)
      if (!request) return
      const amended = { ...request, ...change }
      characters += size(amended) - size(request)
      held.set(id, amended)
      trim()
    },
    list: () => [...held.values()],
    clear() {
      held.clear()
      characters = 0
    },
  }
}

function size(request: SeenRequest): number {
  return request.body.length + (request.body64?.length ?? 0)
}
