// What somebody could do to the files of a log, at random but the same each time.
import { hash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Path below the log's directory, and content. */
export type LogFiles = Map<string, Buffer>

/** All but the journal, which nobody signs. */
export async function readLog(directory: string): Promise<LogFiles> {
  const files: LogFiles = new Map()
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(directory.length + 1)
    if (entry.isFile() && /^(tile\/|checkpoint$|key\.pub$)/.test(path))
      files.set(path, await readFile(join(directory, path)))
  }
  return files
}

export async function writeLog(directory: string, files: LogFiles): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(join(directory, dirname(path)), { recursive: true })
    await writeFile(join(directory, path), bytes)
  }
}

/** The same for the same seed; below `most`. */
export function pickerOf(seed: string): (most: number) => number {
  let count = 0
  return (most) => hash('sha256', `${seed} ${count++}`, 'buffer').readUIntBE(0, 6) % most
}

export interface World {
  /** The log as it was some entries earlier: what a rollback would put back. */
  readonly earlier: LogFiles
  /** A log of the same name with another key. */
  readonly other: LogFiles
}

/** Does one thing to the files, and says what. */
export function tamper(files: LogFiles, world: World, pick: (most: number) => number): string {
  const kind = KINDS[pick(KINDS.length)] ?? flipBit
  return kind(files, pick, world)
}

type Kind = (files: LogFiles, pick: (most: number) => number, world: World) => string

const anyPath = (files: LogFiles, pick: (most: number) => number, only = /./): string =>
  [...files.keys()].filter((path) => only.test(path)).sort()[
    pick([...files.keys()].filter((path) => only.test(path)).length)
  ] ?? ''
const at = (files: LogFiles, path: string): Buffer => files.get(path) ?? Buffer.alloc(0)

const flipBit: Kind = (files, pick) => {
  const path = anyPath(files, pick)
  const bytes = Buffer.from(at(files, path))
  const place = pick(bytes.length)
  const bit = pick(8)
  bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
  files.set(path, bytes)
  return `bit ${bit} of byte ${place} of ${path}`
}

const flipNoteBit: Kind = (files, pick) => {
  const path = anyPath(files, pick, /^(checkpoint|key\.pub)$/)
  const bytes = Buffer.from(at(files, path))
  const place = pick(bytes.length)
  const bit = pick(8)
  bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
  files.set(path, bytes)
  return `bit ${bit} of byte ${place} of ${path}`
}

const removeFile: Kind = (files, pick) => {
  const path = anyPath(files, pick)
  files.delete(path)
  return `${path} removed`
}

const cutFile: Kind = (files, pick) => {
  const path = anyPath(files, pick)
  const length = pick(at(files, path).length)
  files.set(path, at(files, path).subarray(0, length))
  return `${path} cut to ${length} bytes`
}

const lengthenFile: Kind = (files, pick) => {
  const path = anyPath(files, pick)
  const more = Buffer.alloc(1 + pick(64), pick(256))
  files.set(path, Buffer.concat([at(files, path), more]))
  return `${more.length} bytes of ${more[0]} after ${path}`
}

const swapFiles: Kind = (files, pick) => {
  const [one, other] = [anyPath(files, pick), anyPath(files, pick)]
  const [first, second] = [at(files, one), at(files, other)]
  files.set(one, second).set(other, first)
  return `${one} and ${other} swapped`
}

/** One bundle, as entries. */
function editEntries(files: LogFiles, path: string, edit: (entries: Buffer[]) => readonly Buffer[]): void {
  const bytes = at(files, path)
  const entries: Buffer[] = []
  for (let place = 0; place < bytes.length; place += 2 + bytes.readUInt16BE(place))
    entries.push(bytes.subarray(place + 2, place + 2 + bytes.readUInt16BE(place)))
  const edited = edit(entries).flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry])
  files.set(path, Buffer.concat(edited))
}

/** With its hash in the tile beside it or without: whoever does the one may do the other. */
const editEntry: Kind = (files, pick) => {
  const path = anyPath(files, pick, /^tile\/entries\//)
  const withHash = pick(2) === 1
  let place = 0
  let edited = Buffer.alloc(0)
  editEntries(files, path, (entries) => {
    place = pick(entries.length)
    edited = Buffer.from(entries[place]?.toString().replace(/"(allow|complete|alice)"/, '"deny"') ?? '')
    if (pick(4) === 0) edited = Buffer.concat([edited, Buffer.from(' ')])
    return entries.with(place, edited)
  })
  const tile = path.replace('entries', '0')
  const leaf = hash('sha256', Buffer.concat([Buffer.of(0), edited]), 'buffer')
  if (withHash)
    files.set(
      tile,
      Buffer.concat([at(files, tile).subarray(0, place * 32), leaf, at(files, tile).subarray(place * 32 + 32)]),
    )
  return `entry ${place} of ${path} edited${withHash ? ', and its hash' : ''}`
}

const moveEntries: Kind = (files, pick) => {
  const path = anyPath(files, pick, /^tile\/entries\//)
  const how = pick(4)
  editEntries(files, path, (entries) => {
    const [from, to] = [pick(entries.length), pick(entries.length)]
    const [entry = Buffer.alloc(0), other = Buffer.alloc(0)] = [entries[from], entries[to]]
    if (how === 0) return entries.with(from, other).with(to, entry)
    if (how === 1) return entries.toSpliced(from, 1)
    if (how === 2) return entries.toSpliced(to, 0, entry)
    return entries.toSpliced(from, 1).toSpliced(to, 0, entry)
  })
  return `entries of ${path} ${['swapped', 'deleted', 'doubled', 'moved'][how]}`
}

const moveHashes: Kind = (files, pick) => {
  const path = anyPath(files, pick, /^tile\/[0-9]/)
  const bytes = Buffer.from(at(files, path))
  const [from, to] = [pick(bytes.length / 32), pick(bytes.length / 32)]
  const hashed = Buffer.from(bytes.subarray(from * 32, from * 32 + 32))
  bytes.copyWithin(from * 32, to * 32, to * 32 + 32)
  bytes.set(hashed, to * 32)
  files.set(path, bytes)
  return `hashes ${from} and ${to} of ${path} swapped`
}

const renameTile: Kind = (files, pick) => {
  const path = anyPath(files, pick, /^tile\//)
  const to = path.includes('.p/') ? path.replace(/\.p\/.*/, '') : `${path}.p/${1 + pick(255)}`
  files.set(to, at(files, path))
  files.delete(path)
  return `${path} is ${to} now`
}

const OTHERS = [
  '\u2014 witness.example/w BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQ==\n',
  '\u2014 witness.example/w BQUF\n',
  '\u2014 witness.example/w BQUFBQ==\n',
  '\u2014 witness.example/w BQUFBQU=\n',
  '\u2014 witness.example/w BQUFBQU\n',
  '\u2014 witness.example/w !\n',
  '\u2014 wit\u0001ness BQUFBQU=\n',
  '\u2014 wit\u0085ness BQUFBQU=\n',
  '\u2014 wit\u00a0ness BQUFBQU=\n',
  '\u2014 wit+ness BQUFBQU=\n',
  '\u2014 wit ness BQUFBQU=\n',
  '\u2014  BQUFBQU=\n',
  '- witness BQUFBQU=\n',
  '\n',
  '\r\n',
  '\u2014 witness.example/w BQUFBQU=',
] as const

const signBeside: Kind = (files, pick) => {
  const line = OTHERS[pick(OTHERS.length)] ?? ''
  files.set('checkpoint', Buffer.concat([at(files, 'checkpoint'), Buffer.from(line)]))
  return `${JSON.stringify(line)} after the checkpoint`
}

const doubleSignature: Kind = (files) => {
  const text = at(files, 'checkpoint').toString()
  files.set('checkpoint', Buffer.from(text + (/\u2014 .*\n$/.exec(text)?.[0] ?? '')))
  return 'the signature stands twice'
}

const editCheckpoint: Kind = (files, pick) => {
  const text = at(files, 'checkpoint').toString()
  const edits = [
    text.replace('\n300\n', '\n299\n'),
    text.replace('\n300\n', '\n0300\n'),
    text.replace('\n300\n', '\n+300\n'),
    text.replace('\n300\n', '\n99999999999999\n'),
    text.replace('\n\n', '\nmore\n\n'),
    text.replaceAll('\n', '\r\n'),
    text.replace('gateway-0\n', 'gateway-1\n'),
    text.split('\n\n')[0] ?? '',
    `\ufeff${text}`,
    `\n${text}`,
  ]
  const which = pick(edits.length)
  files.set('checkpoint', Buffer.from(edits[which] ?? ''))
  return `checkpoint edited, way ${which}`
}

const rollBack: Kind = (files, pick, { earlier }) => {
  const all = pick(2) === 1
  if (all) files.clear()
  for (const [path, bytes] of earlier) if (all || path === 'checkpoint') files.set(path, bytes)
  return all ? 'everything as it was earlier' : 'the checkpoint as it was earlier'
}

const replaceBy: Kind = (files, pick, { other }) => {
  const path = anyPath(other, pick)
  const all = pick(4) === 0
  if (all) files.clear()
  for (const [each, bytes] of other) if (all || each === path) files.set(each, bytes)
  return all ? 'the log of another key' : `${path} of another key's log`
}

const spaceKey: Kind = (files, pick) => {
  const text = at(files, 'key.pub').toString()
  const edits = [
    text.trim(),
    ` ${text}`,
    `${text}\n\n`,
    `${text}${text}`,
    text.replace('+', ' +'),
    text.toUpperCase(),
    '',
  ]
  const which = pick(edits.length)
  files.set('key.pub', Buffer.from(edits[which] ?? ''))
  return `key.pub spelt otherwise, way ${which}`
}

const nothing: Kind = () => 'nothing'

const KINDS: readonly Kind[] = [
  flipBit,
  flipBit,
  flipNoteBit,
  flipNoteBit,
  removeFile,
  cutFile,
  lengthenFile,
  swapFiles,
  editEntry,
  editEntry,
  moveEntries,
  moveEntries,
  moveHashes,
  renameTile,
  signBeside,
  signBeside,
  doubleSignature,
  editCheckpoint,
  rollBack,
  replaceBy,
  spaceKey,
  nothing,
]
