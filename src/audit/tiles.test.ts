import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { edgeRoot, EMPTY_EDGE, grow, type Edge, partialWidths, tilePath } from './tiles.ts'
import { leafHash, rootOf } from './tree.ts'

const sha = (...parts: readonly Uint8Array[]): Buffer => {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

/** RFC 6962 section 2.1, word for word. */
function treeHash(entries: readonly Buffer[]): Buffer {
  if (entries.length === 0) return sha()
  if (entries.length === 1) return sha(Buffer.of(0), entries[0]!)
  let split = 1
  while (split * 2 < entries.length) split *= 2
  return sha(Buffer.of(1), treeHash(entries.slice(0, split)), treeHash(entries.slice(split)))
}

const entriesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.from(`entry ${index}`))
const leavesOf = (entries: readonly Buffer[]) => entries.map((entry) => ({ entry, hash: leafHash(entry) }))

/** Every tile that tlog-tiles asks for at this size, from its formula alone. */
function wantedTiles(entries: readonly Buffer[]): Map<string, string> {
  const wanted = new Map<string, string>()
  for (let level = 0; 256 ** level <= entries.length; level++) {
    const span = 256 ** level
    const count = Math.floor(entries.length / span)
    for (let index = 0; index * 256 < count; index++) {
      const width = Math.min(256, count - index * 256)
      const hashes = Array.from({ length: width }, (_, at) => {
        const from = (index * 256 + at) * span
        return treeHash(entries.slice(from, from + span))
      })
      wanted.set(tilePath({ level, index, width }), Buffer.concat(hashes).toString('hex'))
      if (level > 0) continue
      const bundle = entries
        .slice(index * 256, index * 256 + width)
        .map((entry) => Buffer.concat([Buffer.of(entry.length >> 8, entry.length & 255), entry]))
      wanted.set(tilePath({ level: 'entries', index, width }), Buffer.concat(bundle).toString('hex'))
    }
  }
  return wanted
}

test('the root of a log grown one by one is the RFC 6962 tree hash at every size from 0 to 600', () => {
  const entries = entriesOf(600)
  let edge: Edge = EMPTY_EDGE
  for (let size = 0; size <= 600; size++) {
    expect(edgeRoot(edge).equals(treeHash(entries.slice(0, size)))).toBe(true)
    edge = grow(edge, leavesOf(entries.slice(size, size + 1))).edge
  }
})

test('a log grown in uneven batches has exactly the tiles that tlog-tiles asks for', () => {
  const entries = entriesOf(600)
  const files = new Map<string, string>()
  let edge: Edge = EMPTY_EDGE
  for (let size = 0, batch = 1; size < 600; size += batch, batch = (batch * 7 + 3) % 101) {
    const grown = grow(edge, leavesOf(entries.slice(size, size + batch)))
    edge = grown.edge
    for (const tile of grown.tiles) files.set(tilePath(tile), tile.bytes.toString('hex'))
    for (const [path, bytes] of wantedTiles(entries.slice(0, edge.size))) expect(files.get(path)).toBe(bytes)
  }
})

test('a log of 70,000 entries has the tiles that the specification lists, and the right root', () => {
  const entries = entriesOf(70_000)
  const { edge, tiles } = grow(EMPTY_EDGE, leavesOf(entries))
  const names = tiles.map(tilePath)
  expect(names.filter((name) => /^tile\/0\/\d+$/.test(name))).toHaveLength(273)
  expect(names).toContain('tile/0/273.p/112')
  expect(names).toContain('tile/1/000')
  expect(names).toContain('tile/1/001.p/17')
  expect(names).toContain('tile/2/000.p/1')
  expect(names).toContain('tile/entries/273.p/112')
  expect(edgeRoot(edge).equals(treeHash(entries))).toBe(true)
  expect(partialWidths(70_000)).toEqual([112, 17, 1])
})

test('a tree of exactly 256 entries is a full tile and a partial one of width 1 above it', () => {
  const { tiles } = grow(EMPTY_EDGE, leavesOf(entriesOf(256)))
  expect(tiles.map(tilePath)).toEqual(['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1'])
})

test('tile paths are grouped by thousands', () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
  expect(tilePath({ level: 'entries', index: 1000, width: 7 })).toBe('tile/entries/x001/000.p/7')
})

test('the root of nothing is the hash of nothing', () => {
  expect(rootOf([]).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})
