// Files of a witness that are on the disk, and not only on their way there, when a promise resolves: what it signed it
// must never forget. The files are for everybody to read, but for the key.
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A reader sees the file as it was or as it is, and so does whoever looks after the power was gone. */
export async function writeLasting(path: string, bytes: string | Uint8Array, mode = 0o644): Promise<void> {
  const file = await open(`${path}.new`, 'w', mode)
  try {
    await file.chmod(mode)
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncDirectory(dirname(path))
}

/** With its parents. The name of a new directory stands in the one above it. */
export async function makeLasting(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o755 })
  if (made === undefined) return
  for (let at = path; at.length >= made.length; at = dirname(at)) await syncDirectory(dirname(at))
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
