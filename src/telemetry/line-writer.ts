// Lines on their way to standard output. Whoever writes one never waits: what nobody takes is kept up to a bound, then dropped and
// counted. One write is under way at a time, of whole lines and no longer than a pipe takes at once.

/** Calls `done` when the text was taken, or never will be. */
export type Write = (text: string, done: () => void) => void

export interface LineWriter {
  /** A line ends with a newline. */
  add(line: string): void
  standing(): { readonly written: number; readonly dropped: number; readonly waiting: number }
  /** Resolves when everything was taken, or after `ms`, to whether it was. */
  close(ms: number): Promise<boolean>
}

export interface LineLimits {
  /** Characters that may wait. */
  readonly waiting: number
  /** Bytes of one write. */
  readonly write: number
  /** Milliseconds that lines wait for others. */
  readonly pause: number
}

export const LINE_LIMITS: LineLimits = { waiting: 4 * 1024 * 1024, write: 4_096, pause: 20 }

export function makeLineWriter(write: Write, limits: LineLimits = LINE_LIMITS): LineWriter {
  let waiting: string[] = []
  let length = 0
  let first = 0
  let written = 0
  let dropped = 0
  let busy = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let idle: (() => void) | undefined

  /** As many of the first lines as one write takes; one at least. */
  const take = (): string => {
    let text = ''
    let bytes = 0
    while (first < waiting.length) {
      const line = waiting[first] ?? ''
      const size = Buffer.byteLength(line)
      if (text !== '' && bytes + size > limits.write) break
      text += line
      bytes += size
      length -= line.length
      written++
      first++
    }
    if (first === waiting.length) {
      waiting = []
      first = 0
    }
    return text
  }
  const flush = (): void => {
    timer = undefined
    if (busy) return
    if (waiting.length === 0) {
      idle?.()
      return
    }
    busy = true
    let over = false
    write(take(), () => {
      if (over) return
      over = true
      busy = false
      // Not at once: a sink that answers at once would otherwise call itself ever deeper.
      if (waiting.length > 0) queueMicrotask(flush)
      else idle?.()
    })
  }

  return {
    add(line) {
      if (length + line.length > limits.waiting) {
        dropped++
        return
      }
      waiting.push(line)
      length += line.length
      if (!busy) timer ??= setTimeout(flush, limits.pause)
    },
    standing: () => ({ written, dropped, waiting: waiting.length - first }),
    close(ms) {
      clearTimeout(timer)
      return new Promise((resolve) => {
        const late = setTimeout(() => resolve(false), ms)
        idle = () => {
          clearTimeout(late)
          resolve(true)
        }
        flush()
      })
    },
  }
}
