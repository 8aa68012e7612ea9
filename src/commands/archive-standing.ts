// How the archive process stands, in a file: it has no door of its own, and the gateway's `/metrics` reads this.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningChore } from './run-chore.ts'

const EVERY_MS = 1_000

/** Written each second, whole or not at all. Whoever ends it takes the file away: who is not there does not stand. */
export function keepStanding(
  home: string,
  chores: () => readonly RunningChore[],
  now: () => number,
): { end(): Promise<void> } {
  const directory = join(home, 'metrics')
  const path = join(directory, 'archive.json')
  let writing = Promise.resolve()
  const write = async (): Promise<void> => {
    const standing = chores().map((chore) => {
      const { behind, dropped, refused = 0, failing } = chore.standing()
      return { name: chore.name, behind, dropped, refused, failing }
    })
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(`${path}.new`, `${JSON.stringify({ name: 'archive', at: now(), chores: standing })}\n`, {
      mode: 0o600,
    })
    await rename(`${path}.new`, path)
  }
  // What cannot be written is old soon, which is what a reader then sees.
  const again = (): void => {
    writing = writing.then(write).catch(() => undefined)
  }
  again()
  const timer = setInterval(again, EVERY_MS)
  return {
    async end() {
      clearInterval(timer)
      await writing
      await rm(path, { force: true }).catch(() => undefined)
    },
  }
}
