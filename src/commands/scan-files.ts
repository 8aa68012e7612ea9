// Which files a scan reads, and how. Links are not followed: what they lead to is below the same path, and read there, or
// it is outside. A path that somebody named is read whatever it is called.
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type Skip = 'binary' | 'over 16 MiB' | 'linked' | 'special' | '.git' | 'node_modules'

export type Found =
  | { readonly is: 'file'; readonly shown: string; readonly path: string }
  | { readonly is: 'skipped'; readonly why: Skip }
  | { readonly is: 'unreadable'; readonly shown: string; readonly why: string }

const MOST = 16 * 1024 * 1024
const PIECE = 64 * 1024

/** What Git looks at, too, before it calls a file binary. */
const LOOKED_AT = 8000

/** In the order of the names. `shown` is the path as it was named, and what was found below. */
export function* filesOf(named: string, cwd: string): Generator<Found> {
  const path = resolve(cwd, named)
  try {
    const found = statSync(path)
    if (found.isDirectory()) yield* filesBelow(path, named)
    else if (found.isFile()) yield { is: 'file', shown: named, path }
    else yield { is: 'unreadable', shown: named, why: 'it is neither a file nor a directory' }
  } catch (error) {
    yield { is: 'unreadable', shown: named, why: reasonOf(error) }
  }
}

function* filesBelow(directory: string, shownDirectory: string): Generator<Found> {
  let entries
  try {
    entries = readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    yield { is: 'unreadable', shown: shownDirectory, why: reasonOf(error) }
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [path, shown] = [join(directory, entry.name), join(shownDirectory, entry.name)]
    if (entry.name === '.git' || entry.name === 'node_modules') yield { is: 'skipped', why: entry.name }
    else if (entry.isSymbolicLink()) yield { is: 'skipped', why: 'linked' }
    else if (entry.isDirectory()) yield* filesBelow(path, shown)
    else if (entry.isFile()) yield { is: 'file', shown, path }
    else yield { is: 'skipped', why: 'special' }
  }
}

/**
 * Hands on the file's text, in pieces. Returns why it was not read, or not to its end: a file may grow meanwhile, and some say
 * that they are empty. Throws what the system says.
 */
export function readText(path: string, push: (text: string) => void): Skip | undefined {
  // A pipe that took the file's place meanwhile must not make us wait for somebody to write.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = fstatSync(file)
    if (!found.isFile()) return 'special'
    if (found.size > MOST) return 'over 16 MiB'
    const decoder = textDecoder(push)
    const piece = new Uint8Array(PIECE)
    let left = MOST
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
      left -= read
      if (left < 0) return 'over 16 MiB'
      if (!decoder.push(piece.subarray(0, read))) return 'binary'
    }
    return decoder.finish() ? undefined : 'binary'
  } finally {
    closeSync(file)
  }
}

/** Both answer false where the text turns out, by its beginning, to be none: then nothing was handed on. */
export interface Decoding {
  push(bytes: Uint8Array): boolean
  finish(): boolean
}

/** UTF-8, or UTF-16 where a byte order mark says so. Bytes that are neither become U+FFFD, and the rest is read. */
export function textDecoder(push: (text: string) => void): Decoding {
  let head = new Uint8Array(0)
  let decoder: InstanceType<typeof TextDecoder> | undefined
  const begin = (): boolean => {
    const encoding = encodingOf(head)
    if (encoding === undefined) return false
    decoder = new TextDecoder(encoding)
    push(decoder.decode(head, { stream: true }))
    return true
  }
  return {
    push(bytes) {
      if (decoder) {
        push(decoder.decode(bytes, { stream: true }))
        return true
      }
      head = Uint8Array.from(Buffer.concat([head, bytes]))
      return head.length < LOOKED_AT || begin()
    },
    finish() {
      if (!decoder && !begin()) return false
      if (decoder) push(decoder.decode())
      return true
    },
  }
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return bytes.subarray(0, LOOKED_AT).includes(0) ? undefined : 'utf-8'
}

export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case '':
      throw error
    default:
      return code
  }
}
