// Keeps every bundle that was ever in force, by its hash, so that a decision can be explained by the text that made it.
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export async function archiveBundle(
  directory: string,
  bundle: { readonly hash: string; readonly files: ReadonlyMap<string, string> },
): Promise<void> {
  const place = join(directory, bundle.hash)
  if (
    await stat(place).then(
      () => true,
      () => false,
    )
  )
    return
  // Whole or not at all: a crash leaves a folder with another name, which nobody reads.
  const draft = `${place}.${process.pid}.draft`
  await rm(draft, { recursive: true, force: true })
  for (const [path, text] of bundle.files) {
    await mkdir(dirname(join(draft, path)), { recursive: true, mode: 0o700 })
    await writeFile(join(draft, path), text, { mode: 0o600 })
  }
  await rename(draft, place).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true })
    // Another worker was first: what it wrote has the same hash.
    if (
      !(await stat(place).then(
        () => true,
        () => false,
      ))
    )
      throw error
  })
}
