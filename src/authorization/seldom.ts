// Lines for the operator that a caller could cause at will: each is told once a minute.

const EVERY_MS = 60_000
const MOST_LINES = 64

export function seldom(report: (line: string) => void, now: () => number): (line: string) => void {
  const told = new Map<string, number>()
  return (line) => {
    const at = now()
    const last = told.get(line)
    if (last !== undefined && at >= last && at - last < EVERY_MS) return
    if (told.size >= MOST_LINES) told.clear()
    told.set(line, at)
    report(line)
  }
}
