import { afterAll, expect, test } from 'bun:test'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { consistencyProof } from '#audit/proofs.ts'
import { exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { isConsistent } from './consistency.ts'
import { hashLeaf, rootOfAll } from './merkle.ts'
import { readEntries } from './tile-files.ts'
import { DamagedTile, TileTree } from './tile-tree.ts'

afterAll(removeHomes)

async function logOf(entries: number) {
  const home = await makeHome()
  const log = await openTestLog(home, { files: hastyFiles })
  for (let number = 1; number < entries; number++) await log.append(outcomeOf(exchangeId(number)), 'process')
  await log.close()
  const directory = join(home.audit, 'gateway-0')
  const leaves: Buffer[] = []
  for (let index = 0; index * 256 < entries; index++) {
    const read = await readEntries(directory, index, Math.min(256, entries - index * 256))
    if (read !== 'missing') leaves.push(...read.parts.map(hashLeaf))
  }
  return { directory, leaves }
}

test('proofs from the tiles hold between the roots of the entries, and are those that the log itself would give', async () => {
  const { directory, leaves } = await logOf(1_000)
  expect(leaves).toHaveLength(1_000)
  const rootAt = (size: number) => ({ size, root: rootOfAll(leaves.slice(0, size)) })
  expect((await new TileTree(directory, 1_000).root()).equals(rootAt(1_000).root)).toBe(true)
  const sizes = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 700, 767, 768, 769, 992, 999, 1_000]
  for (const from of sizes) {
    const proof = await new TileTree(directory, 1_000).proofFrom(from)
    if (!isConsistent(rootAt(from), rootAt(1_000), proof)) throw new Error(`from ${from}`)
    expect(Buffer.concat(proof).equals(Buffer.concat(await consistencyProof(directory, from, 1_000)))).toBe(true)
  }
})

test('a tile that is gone, or too short, ends it', async () => {
  const { directory } = await logOf(300)
  await writeFile(join(directory, 'tile/0/001.p/44'), Buffer.alloc(43 * 32))
  expect(await new TileTree(directory, 300).root().catch((error: unknown) => error)).toBeInstanceOf(DamagedTile)
  await rm(join(directory, 'tile/0/001.p'), { recursive: true })
  expect(await new TileTree(directory, 300).root().catch(String)).toContain('the tile tile/0/001.p/44 is missing')
})

test('the empty log has the root of nothing', async () => {
  expect((await new TileTree('/nowhere', 0).root()).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
})
