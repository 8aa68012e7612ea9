// Counts the entries in the journal that no checkpoint covers yet. Nothing here is signed, so nothing is vouched for.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MOST, readRegularFile } from './regular-file.ts'

/** `size` is the checkpoint's. A segment that a live writer removes meanwhile is no longer waiting. */
export async function countWaiting(directory: string, size: number): Promise<number> {
  const journal = join(directory, 'journal')
  const names = await readdir(journal).catch(() => [])
  let end = 0
  for (const name of names.filter((candidate) => /^[0-9]{8}$/.test(candidate)).sort()) {
    const bytes = await readRegularFile(join(journal, name), MOST.segment)
    const [head, ...entries] = bytes ? wholeFrames(bytes) : []
    const first = head && firstIndex(head)
    if (first !== undefined) end = first + entries.length
  }
  return Math.max(0, end - size)
}

/** uint32 length, hash of 0x00 and the bytes, bytes; up to the first that is not whole. */
function wholeFrames(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  let at = 0
  while (at + 36 <= bytes.length) {
    const end = at + 36 + bytes.readUInt32BE(at)
    const body = bytes.subarray(at + 36, end)
    const digest = createHash('sha256').update(Buffer.of(0)).update(body).digest()
    if (end > bytes.length || body.length === 0 || !digest.equals(bytes.subarray(at + 4, at + 36))) break
    frames.push(body)
    at = end
  }
  return frames
}

function firstIndex(head: Buffer): number | undefined {
  try {
    const { first } = JSON.parse(head.toString()) as { first?: unknown }
    return Number.isSafeInteger(first) ? Number(first) : undefined
  } catch {
    return undefined
  }
}
