// Where the next generation of a log can be born. A directory without a key may be what a crash at birth left, and is taken over; or a log
// that somebody put there, and is passed by: signing for it would make it ours.
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Files } from './files.ts'
import { generationName, numbersBelow } from './generation.ts'
import { keyFile } from './key.ts'
import { unborn } from './replay.ts'

export interface FamilyPlace {
  readonly directory: string
  readonly keys: string
  /** The name of the first generation. */
  readonly log: string
}

/** The first number after `number`, the newest one's, that no stranger has. One with a key was begun here, and is gone on with. */
export async function nextGeneration(place: FamilyPlace, number: number, files: Files): Promise<number> {
  for (let next = number + 1; ; next++) {
    const log = generationName({ family: place.log, number: next })
    if ((await files.has(keyFile({ keys: place.keys, log }))) || !(await isStray(place, log, files))) return next
  }
}

/** Logs that are named as generations of this family, and that no key here vouches for. */
export async function strays(place: FamilyPlace, files: Files): Promise<readonly string[]> {
  const logs = (await numbersBelow(place, place.log)).map((number) => generationName({ family: place.log, number }))
  const found: string[] = []
  for (const log of logs) {
    if (!(await files.has(keyFile({ keys: place.keys, log }))) && (await isStray(place, log, files))) found.push(log)
  }
  return found
}

/** MUST be asked only of a log without a key. */
async function isStray({ directory }: FamilyPlace, log: string, files: Files): Promise<boolean> {
  const path = join(directory, log)
  const there = await lstat(path).catch(() => undefined)
  if (!there) return false
  if (!there.isDirectory()) return true
  for (const name of ['checkpoint', 'key.pub']) if (await files.has(join(path, name))) return true
  try {
    return (await unborn(join(path, 'journal'), files)) === undefined
  } catch {
    return true
  }
}
