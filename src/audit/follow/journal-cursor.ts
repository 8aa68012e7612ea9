// Reads a journal that is being written, from where it stopped: never the same megabytes twice. A segment that a writer began after
// another ends that one; a frame counts only when it is whole, so what a crash cut off is passed over with the segment that it ends.
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { type Frame, frameAt } from '#audit/frame.ts'
import { MOST_AT_ONCE, readSegment, segmentSequence } from '#audit/segment.ts'
import { lastGiven } from './last-given.ts'

/** Read at a time. An entry is at most 32 KiB; a head may be megabytes, and is read as one. */
const STEP = 1024 * 1024
const FRAME_HEAD = 36

export interface JournalPart {
  /** The index of the first. May be less than asked for: the writer gave those indices away again. */
  readonly first: number
  readonly frames: readonly Frame[]
}

interface OpenSegment {
  readonly name: string
  readonly file: FileHandle
  /** Of the first byte that was not read. */
  offset: number
  /** Of the entry that would stand there. */
  index: number
  /** The index of the first entry that is wanted of it, where that is not the one asked for. */
  from?: number
  /** Of its own first entry: where that begins, and its index. */
  readonly begins: { readonly offset: number; readonly index: number }
}

export interface JournalCursor {
  /** Entries from `next` on, none where there are no more yet; `moved` where they stand in the journal no longer. */
  read(next: number): Promise<JournalPart | 'moved'>
  close(): Promise<void>
}

/** `directory` is the log's own. */
export function journalCursor(directory: string): JournalCursor {
  const journal = join(directory, 'journal')
  let current: OpenSegment | undefined

  const leave = async (): Promise<void> => {
    const left = current
    current = undefined
    await left?.file.close()
  }

  /** The last segment that begins at `next` or before. */
  const find = async (next: number): Promise<OpenSegment | undefined> => {
    for (const name of (await segmentNames(journal)).toReversed()) {
      const segment = await openSegment(journal, name)
      if (segment && segment.index <= next) return segment
      await segment?.file.close()
    }
    return undefined
  }

  const following = async (name: string): Promise<OpenSegment | undefined> => {
    for (const later of await segmentNames(journal)) {
      const segment = later > name ? await openSegment(journal, later) : undefined
      if (segment) return segment
    }
    return undefined
  }

  const given = lastGiven()

  /** Where what was given last does not stand there any more, it was taken back: the segment is read again. */
  const recheck = async (segment: OpenSegment): Promise<void> => {
    const last = given.place
    if (last?.name !== segment.name || (await segment.file.stat()).size === segment.offset) return
    const head = await readAt(segment.file, last.at, FRAME_HEAD)
    if (head.length === FRAME_HEAD && head.subarray(4).equals(last.hash)) return
    const { offset, index } = segment.begins
    segment.from = Math.max(index, segment.index - MOST_AT_ONCE)
    segment.offset = offset
    segment.index = index
  }

  const fresh = async (segment: OpenSegment, next: number): Promise<JournalPart> => {
    const part = await framesFrom(segment, next)
    const again = given.again(part, segment.name, segment.offset)
    return again === 0 ? part : { first: part.first + again, frames: part.frames.slice(again) }
  }

  return {
    async read(next) {
      if (current && current.index > next) {
        given.forget()
        await leave()
      }
      current ??= await find(next)
      if (!current) return 'moved'
      for (;;) {
        await recheck(current)
        const part = await fresh(current, next)
        if (part.frames.length > 0) return part
        const later = await following(current.name)
        if (!later) return part
        // Ended before the later one began: what was written to it meanwhile is the last of it.
        const rest = await fresh(current, next)
        if (rest.frames.length > 0) {
          await later.file.close()
          return rest
        }
        await leave()
        if (later.index > next) {
          await later.file.close()
          return 'moved'
        }
        // Where it begins a little earlier, the writer gave those indices away again: what now has them counts.
        current = later.index >= next - MOST_AT_ONCE ? { ...later, from: later.index } : later
      }
    },
    close: leave,
  }
}

async function segmentNames(journal: string): Promise<readonly string[]> {
  const names = await readdir(journal).catch(() => [])
  return names.filter((name) => segmentSequence(name) !== undefined).sort()
}

/** Undefined where its head is not whole (yet), and where it is gone. */
async function openSegment(journal: string, name: string): Promise<OpenSegment | undefined> {
  const file = await open(join(journal, name), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    () => undefined,
  )
  if (!file) return undefined
  try {
    const head = (await file.stat()).isFile() ? await frameBytes(file, 0) : undefined
    const segment = head && readSegment(head)
    if (head && segment) {
      const begins = { offset: head.length, index: segment.first }
      return { name, file, ...begins, begins }
    }
  } catch {
    // Damage to it is for a verification to tell.
  }
  await file.close()
  return undefined
}

/** One frame as its length says, whole or not. */
async function frameBytes(file: FileHandle, at: number): Promise<Buffer | undefined> {
  const head = await readAt(file, at, FRAME_HEAD)
  if (head.length < FRAME_HEAD) return undefined
  const { size } = await file.stat()
  const length = FRAME_HEAD + head.readUInt32BE(0)
  return at + length > size ? undefined : readAt(file, at, length)
}

/** Whole frames after what was read, those before `next` left out. */
async function framesFrom(segment: OpenSegment, next: number): Promise<JournalPart> {
  const from = segment.from !== undefined && segment.index <= segment.from ? segment.from : next
  const { size } = await segment.file.stat()
  while (segment.offset < size) {
    const bytes = await readAt(segment.file, segment.offset, Math.min(STEP, size - segment.offset))
    const frames: Frame[] = []
    let at = 0
    let first = segment.index
    for (let frame = frameAt(bytes, at); frame; frame = frameAt(bytes, at)) {
      at += frame.bytes.length
      if (segment.index >= from) frames.push(frame)
      else first = segment.index + 1
      segment.index += 1
    }
    segment.offset += at
    if (frames.length > 0) return { first, frames }
    if (at === 0) break
  }
  return { first: segment.index, frames: [] }
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}
