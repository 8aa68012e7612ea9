// Writes the files of a new bundle: all of them or none, and over nothing that was there.
import { chmod, lstat, mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Those of `paths` where something stands already, a dangling link included. */
export async function taken(directory: string, paths: Iterable<string>): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of paths) {
    if (
      await lstat(join(directory, path)).then(
        () => true,
        () => false,
      )
    )
      found.push(path)
  }
  return found
}

/** Rejects, and leaves nothing behind, where one of them cannot be written. */
export async function writeNew(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  const made: (() => Promise<void>)[] = []
  try {
    for (const [path, text] of files) {
      const place = join(directory, path)
      // The first that was missing: what is below it is gone with it.
      const folder = await mkdir(dirname(place), { recursive: true, mode: 0o755 })
      if (folder !== undefined) made.push(() => removeFolders(dirname(place), folder))
      await writeFile(place, text, { flag: 'wx', mode: 0o644 })
      made.push(() => rm(place))
      // A strict umask would keep a gateway of another user from reading it; nothing in it is secret.
      await chmod(place, 0o644)
    }
  } catch (error) {
    for (const undo of made.toReversed()) await undo().catch(() => undefined)
    throw error
  }
}

/** From `last` up to `first`, as long as they are empty. */
async function removeFolders(last: string, first: string): Promise<void> {
  for (let at = last; at.length >= first.length; at = dirname(at)) await rmdir(at)
}
