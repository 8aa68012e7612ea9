// How many entries wait for a stream, and which of them are passed over when they are too many: the oldest, of each log its share, so
// that a flood in one does not cost the others what they hold. Pure.

export interface Waiting {
  readonly all: number
  readonly byLog: ReadonlyMap<string, number>
}

/** A log that is shorter than what was told of it was rolled back, or cannot be read just now: nothing waits in it. */
export function waiting(sizes: ReadonlyMap<string, number>, told: ReadonlyMap<string, number>): Waiting {
  const byLog = new Map([...sizes].map(([log, size]) => [log, Math.max(0, size - (told.get(log) ?? 0))]))
  return { all: sum(byLog), byLog }
}

/** A tenth more than needed: whoever is too slow would otherwise be told of every single one. */
export function passOver({ all, byLog }: Waiting, most: number): Waiting {
  const excess = all - Math.floor(most * 0.9)
  const passed = new Map([...byLog].map(([log, count]) => [log, Math.min(count, Math.ceil((count * excess) / all))]))
  return { all: sum(passed), byLog: passed }
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((all, count) => all + count, 0)
