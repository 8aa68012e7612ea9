import { hash } from 'node:crypto'
import { expect, test } from 'bun:test'
import type { Files } from './files.ts'
import { signedTree } from './signed-tree.ts'
import { hastyFiles } from './test-log.ts'
import { EMPTY_EDGE, grow, type Leaf, tilePath } from './tiles.ts'

/** What `x`, `y` … hash to does not matter: the tree is over hashes. */
const leavesOf = (count: number): readonly Leaf[] =>
  Array.from({ length: count }, (_, at) => ({ hash: hash('sha256', `leaf ${at}`, 'buffer'), entry: Buffer.of(120) }))

const LEAVES = leavesOf(65_536 + 300)

/** A disk that holds the tiles of that many leaves, and nothing else. */
function disk() {
  const { edge, tiles } = grow(EMPTY_EDGE, LEAVES)
  const tileBytes = new Map(tiles.map((tile) => [`/log/${tilePath(tile)}`, tile.bytes]))
  const files: Files = { ...hastyFiles, read: async (path) => tileBytes.get(path) }
  return { edge, files, tileBytes }
}

test('the root of every earlier size is that of the log that had it', async () => {
  const { edge, files } = disk()
  const tree = signedTree('/log', files, edge)
  expect((await tree.rootAt(0)).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
  for (const size of [1, 2, 255, 256, 257, 1000, 65_535, 65_536, 65_537, 65_792, 65_836]) {
    const first = signedTree('/log', files, grow(EMPTY_EDGE, LEAVES.slice(0, size)).edge)
    expect([size, await tree.rootAt(size)]).toEqual([size, await first.rootAt(size)])
  }
  const [last] = LEAVES.slice(-1)
  expect(await tree.leafAt(65_835)).toEqual(last?.hash)
  expect(await tree.leafAt(70)).toEqual(LEAVES[70]?.hash)
})

test('a tile that was changed on the disk vouches for nothing, whichever it is', async () => {
  for (const path of ['tile/0/000', 'tile/0/255', 'tile/1/000']) {
    const { edge, files, tileBytes } = disk()
    const changed = Buffer.from(tileBytes.get(`/log/${path}`) ?? '')
    changed[31] = (changed[31] ?? 0) ^ 1
    tileBytes.set(`/log/${path}`, changed)
    const index = path === 'tile/0/000' ? 0 : 65_535
    expect(signedTree('/log', files, edge).leafAt(index)).rejects.toThrow(`${path} is missing or damaged`)
  }
})
