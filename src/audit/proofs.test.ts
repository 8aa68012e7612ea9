// Proofs from tiles, against the definitions of RFC 6962 over all leaves.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { consistencyProof, inclusionProof } from './proofs.ts'
import { EMPTY_EDGE, grow, type Tile, tilePath } from './tiles.ts'

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest()
const entryOf = (index: number): Buffer => Buffer.from(`entry ${index}`)
const leafOf = (index: number): Buffer => sha256(Buffer.of(0), entryOf(index))
const node = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.of(1), left, right)

/** As the RFC defines them, over lists of leaves; roots of what was asked before are kept, or every pair would take hours. */
const roots = new Map<string, Buffer>()
function mth(from: number, to: number): Buffer {
  if (to - from === 1) return roots.get(`${from}`) ?? remember(`${from}`, leafOf(from))
  const name = `${from}-${to}`
  return roots.get(name) ?? remember(name, node(mth(from, from + split(to - from)), mth(from + split(to - from), to)))
}
function remember(name: string, hash: Buffer): Buffer {
  roots.set(name, hash)
  return hash
}
function split(length: number): number {
  let half = 1
  while (half * 2 < length) half *= 2
  return half
}
function path(index: number, from: number, to: number): Buffer[] {
  if (to - from === 1) return []
  const middle = from + split(to - from)
  return index < middle
    ? [...path(index, from, middle), mth(middle, to)]
    : [...path(index, middle, to), mth(from, middle)]
}
function sub(end: number, from: number, to: number, known: boolean): Buffer[] {
  if (end === to) return known ? [] : [mth(from, to)]
  const middle = from + split(to - from)
  return end <= middle
    ? [...sub(end, from, middle, known), mth(middle, to)]
    : [...sub(end, middle, to, false), mth(from, middle)]
}
const hex = (hashes: readonly Buffer[]): string => hashes.map((hash) => hash.toString('hex')).join(' ')

let place = ''
let small = ''
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'sallyport-proofs-'))
  small = await tilesOf('small', [300])
})
afterAll(() => rm(place, { recursive: true, force: true }))

/** The tiles of a log that had these sizes, one after the other. */
async function tilesOf(name: string, sizes: readonly number[]): Promise<string> {
  const directory = join(place, name)
  let edge = EMPTY_EDGE
  for (const size of sizes) {
    const leaves = Array.from({ length: size - edge.size }, (_, at) => edge.size + at)
    const grown = grow(
      edge,
      leaves.map((index) => ({ hash: leafOf(index), entry: entryOf(index) })),
    )
    edge = grown.edge
    await Promise.all(grown.tiles.filter(({ level }) => level !== 'entries').map((tile) => write(directory, tile)))
  }
  return directory
}
async function write(directory: string, tile: Tile): Promise<void> {
  const file = join(directory, tilePath(tile))
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, tile.bytes)
}

const SIZES = [...Array.from({ length: 18 }, (_, at) => at + 1), 31, 32, 33, 64, 129, 200, 255, 256, 257, 299, 300]

test.each(SIZES)('every proof of a log of %i entries is the one that the RFC defines', async (size) => {
  const directory = small
  const indices = Array.from({ length: size }, (_, index) => index)
  const inclusion = await Promise.all(indices.map((index) => inclusionProof(directory, index, size)))
  const consistency = await Promise.all(indices.map((index) => consistencyProof(directory, index + 1, size)))
  expect(inclusion.map(hex)).toEqual(indices.map((index) => hex(path(index, 0, size))))
  expect(consistency.map(hex)).toEqual(indices.map((index) => hex(sub(index + 1, 0, size, true))))
})

const BORDERS = [1, 2, 255, 256, 257, 511, 512, 65_279, 65_280, 65_535, 65_536, 65_537]

test.each([65_535, 65_536, 65_537, 65_793])('across the borders of tiles, of a log of %i entries', async (size) => {
  const directory = await tilesOf(`large-${size}`, [size])
  for (const border of BORDERS.filter((each) => each <= size)) {
    expect(hex(await inclusionProof(directory, border - 1, size))).toBe(hex(path(border - 1, 0, size)))
    expect(hex(await consistencyProof(directory, border, size))).toBe(hex(sub(border, 0, size, true)))
  }
  expect(await consistencyProof(directory, size, size)).toEqual([])
})

test('an empty log is the beginning of every log, and proves nothing', async () => {
  expect(await consistencyProof(small, 0, 300)).toEqual([])
  expect(await consistencyProof(small, 0, 0)).toEqual([])
})

test('a partial tile that has become full since, or wider, serves as well', async () => {
  const grown = await tilesOf('grown', [280, 300])
  await rm(join(grown, 'tile/0/001.p/24'))
  expect(hex(await inclusionProof(grown, 279, 280))).toBe(hex(path(279, 0, 280)))
  const full = await tilesOf('full', [280, 600])
  await rm(join(full, 'tile/0/001.p'), { recursive: true })
  await rm(join(full, 'tile/1/000.p/1'))
  expect(hex(await inclusionProof(full, 279, 280))).toBe(hex(path(279, 0, 280)))
  expect(hex(await consistencyProof(full, 257, 280))).toBe(hex(sub(257, 0, 280, true)))
})

test('only the tiles that a proof needs are read', async () => {
  const sparse = join(place, 'sparse')
  await cp(join(await tilesOf('whole', [1000])), sparse, { recursive: true })
  for (const path of ['tile/0/000', 'tile/0/002']) await rm(join(sparse, path))
  expect(hex(await inclusionProof(sparse, 300, 1000))).toBe(hex(path(300, 0, 1000)))
})

test('a tile that is not there, is cut, or is no file is never guessed', async () => {
  const damaged = await tilesOf('damaged', [300])
  const tile = join(damaged, 'tile/0/000')
  await rename(tile, `${tile}.away`)
  expect(inclusionProof(damaged, 3, 300)).rejects.toThrow('the tile tile/0/000 is not there')
  await writeFile(tile, Buffer.alloc(32 * 255))
  expect(inclusionProof(damaged, 3, 300)).rejects.toThrow('the tile tile/0/000 has the wrong length')
  await rm(tile)
  await mkdir(tile)
  expect(inclusionProof(damaged, 3, 300)).rejects.toThrow('is not a regular file')
})

test('what no log has is not proven', () => {
  for (const [index, size] of [
    [300, 300],
    [-1, 300],
    [0, 0],
    [0.5, 300],
    [0, Number.NaN],
  ] as const)
    expect(inclusionProof(small, index, size)).rejects.toBeInstanceOf(RangeError)
  for (const [from, to] of [
    [301, 300],
    [-1, 300],
    [1.5, 300],
    [1, Infinity],
  ] as const)
    expect(consistencyProof(small, from, to)).rejects.toBeInstanceOf(RangeError)
})
