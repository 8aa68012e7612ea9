// Where tlog-tiles puts things, and how they are cut. A partial tile may have become full since the checkpoint was
// taken, and then only the full one is still there: its first hashes are the same.
import { join } from 'node:path'
import { MOST, readRegularFile } from './regular-file.ts'

/** Twice what a bundle can hold: enough to name what was put in between, and to say of the rest only that it is there. */
const MOST_PARTS = 512

/** `tile/0/x001/234.p/7`. */
export function pathOfTile(level: string, index: number, width: number): string {
  const groups = [String(index % 1000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  }
  return `tile/${level}/${groups.join('/')}${width < 256 ? `.p/${width}` : ''}`
}

/** The parts of a tile or bundle. A sentence says why it cannot be read; `whole` is false where bytes were left over. */
export type Parts = { readonly parts: readonly Buffer[]; readonly whole: boolean } | 'missing'

export async function readHashes(directory: string, level: number, index: number, width: number): Promise<Parts> {
  return readParts(directory, { level: String(level), index, width }, cutHashes)
}

export async function readEntries(directory: string, index: number, width: number): Promise<Parts> {
  return readParts(directory, { level: 'entries', index, width }, cutEntries)
}

async function readParts(
  directory: string,
  { level, index, width }: { level: string; index: number; width: number },
  cut: (bytes: Buffer) => { parts: readonly Buffer[]; whole: boolean },
): Promise<Parts> {
  const most = level === 'entries' ? MOST.bundle : MOST.tile
  const exact = await readRegularFile(join(directory, pathOfTile(level, index, width)), most)
  if (exact) return cut(exact)
  const full = width < 256 ? await readRegularFile(join(directory, pathOfTile(level, index, 256)), most) : undefined
  if (!full) return 'missing'
  const { parts, whole } = cut(full)
  return { parts: parts.slice(0, width), whole: whole && parts.length === 256 }
}

function cutHashes(bytes: Buffer): { parts: readonly Buffer[]; whole: boolean } {
  const parts: Buffer[] = []
  for (let at = 0; at + 32 <= bytes.length; at += 32) parts.push(bytes.subarray(at, at + 32))
  return { parts, whole: bytes.length % 32 === 0 }
}

/** No entry is empty: a file of zeros, which takes no room on a disk, is no bundle of millions of them. */
function cutEntries(bytes: Buffer): { parts: readonly Buffer[]; whole: boolean } {
  const parts: Buffer[] = []
  let at = 0
  while (at + 2 < bytes.length && parts.length < MOST_PARTS) {
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end === at + 2 || end > bytes.length) break
    parts.push(bytes.subarray(at + 2, end))
    at = end
  }
  return { parts, whole: at === bytes.length }
}
