// The leaf hashes of a log as its tiles hold them, read by their places alone.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export async function tileLeaves(directory: string, size: number): Promise<readonly Buffer[]> {
  const leaves: Buffer[] = []
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256)
    const place = `tile/0/${String(index).padStart(3, '0')}${width < 256 ? `.p/${width}` : ''}`
    const bytes = await readFile(join(directory, place))
    for (let at = 0; at < bytes.length; at += 32) leaves.push(bytes.subarray(at, at + 32))
  }
  return leaves
}
