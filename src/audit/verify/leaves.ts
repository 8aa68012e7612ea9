// Goes through all entries once, bundle by bundle, beside the level-0 tiles that hold their hashes. Memory stays bounded:
// only bundles that differ from their tile are kept, to name the difference when it is known which side was signed.
import { basename } from 'node:path'
import { EntryForm } from './entry-form.ts'
import { hashLeaf, MarkedRoot } from './merkle.ts'
import type { Findings } from './report.ts'
import { type Parts, pathOfTile, readEntries, readHashes } from './tile-files.ts'
import { UpperTiles } from './upper-tiles.ts'

const MOST_SUSPECTS = 64

/** A bundle that differs from its tile. */
export interface Suspect {
  readonly index: number
  readonly wanted: readonly Buffer[]
  readonly entries: readonly Buffer[]
}

export interface Leaves {
  readonly rootOfEntries: Buffer
  readonly rootOfTiles: Buffer
  /** The roots of beginnings of the log: after so many entries, as asked for. */
  readonly beginnings: ReadonlyMap<number, { readonly ofEntries?: Buffer; readonly ofTiles?: Buffer }>
  readonly suspects: readonly Suspect[]
  /** There were more suspects than are kept. */
  readonly more: boolean
  /** The first entry, where it can be read. */
  readonly birth: Buffer | undefined
}

/** `marks`: sizes of beginnings whose roots are wanted. */
export async function readLeaves(
  directory: string,
  size: number,
  findings: Findings,
  marks: ReadonlySet<number> = new Set(),
): Promise<Leaves> {
  const form = new EntryForm(findings, basename(directory))
  const upper = new UpperTiles(directory, findings)
  const ofEntries = new MarkedRoot(marks)
  const ofTiles = new MarkedRoot(marks)
  const suspects: Suspect[] = []
  let more = false
  let birth: Buffer | undefined
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256)
    const read = await readBoth(directory, { index, width, size }, findings)
    // Nothing there at all: the size may be a forger's, so what is missing is not counted through to the end.
    if (!read) break
    const { entries, wanted } = read
    const hashes = entries.map(hashLeaf)
    birth ??= entries[0]
    for (const hash of hashes) ofEntries.add(hash)
    for (const hash of wanted) ofTiles.add(hash)
    if (wanted.length === 256) await upper.add(wanted)
    const same = hashes.length === wanted.length && hashes.every((hash, at) => wanted[at]?.equals(hash))
    if (same) for (const [at, entry] of entries.entries()) form.check(entry, index * 256 + at)
    else if (suspects.length < MOST_SUSPECTS) suspects.push({ index, wanted, entries })
    else more = true
  }
  await upper.end()
  const beginnings = new Map(
    [...marks].map((mark) => {
      const [entries, tiles] = [ofEntries.at(mark), ofTiles.at(mark)]
      return [mark, { ...(entries && { ofEntries: entries }), ...(tiles && { ofTiles: tiles }) }]
    }),
  )
  return { rootOfEntries: ofEntries.root(), rootOfTiles: ofTiles.root(), beginnings, suspects, more, birth }
}

interface Place {
  readonly index: number
  readonly width: number
  readonly size: number
}

async function readBoth(directory: string, place: Place, findings: Findings) {
  const { index, width, size } = place
  const entries = await readEntries(directory, index, width)
  const hashes = await readHashes(directory, 0, index, width)
  if (entries === 'missing' && hashes === 'missing') {
    const message = `the log was cut off: entries from ${index * 256} on are gone, but the checkpoint signs ${size}`
    findings.add('truncated', message, index * 256)
    return undefined
  }
  const bundle = pathOfTile('entries', index, width)
  if (entries === 'missing') findings.add('bad-tile', `the entry bundle ${bundle} is missing`)
  else if (!entries.whole) findings.add('bad-tile', `the entry bundle ${bundle} is damaged`)
  const tile = pathOfTile('0', index, width)
  if (hashes === 'missing') findings.add('bad-tile', `the tile ${tile} is missing`)
  else if (!hashes.whole || hashes.parts.length !== width) {
    const message = `the tile ${tile} has ${hashes.parts.length} hashes, but a log of ${size} entries needs ${width}`
    findings.add('bad-tile', message)
  }
  return { entries: partsOf(entries), wanted: partsOf(hashes) }
}

function partsOf(read: Parts): readonly Buffer[] {
  return read === 'missing' ? [] : read.parts
}
