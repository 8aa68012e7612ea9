// Each way to tamper with a log, done to a real one, is found and named.
import { afterAll, expect, test } from 'bun:test'
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cutBundle, cutTile } from '#audit/tiles.ts'
import { leafHash } from '#audit/tree.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { verifyLog } from './verify-log.ts'

afterAll(removeHomes)

const CLOSED = await (async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (let count = 0; count < 150; count++) {
    await log.append(decisionOf(exchangeId(count)), 'process')
    await log.append(outcomeOf(exchangeId(count)), 'process')
  }
  await log.close()
  return { directory: join(home.audit, 'gateway-0'), key: log.verifierKey, home }
})()

/** A copy of the log of 301 entries: a full tile, and a partial one of width 45. */
async function copy(): Promise<string> {
  const directory = join((await makeHome()).audit, 'gateway-0')
  await cp(CLOSED.directory, directory, { recursive: true })
  return directory
}

const FULL = 'tile/entries/000'
const PARTIAL = 'tile/entries/001.p/45'

/** Rewrites one bundle, given and returned as entries without their lengths. */
async function change(directory: string, path: string, edit: (entries: Buffer[]) => readonly Buffer[]): Promise<void> {
  const file = join(directory, path)
  const entries = (cutBundle(await readFile(file)) ?? []).map((entry) => entry.subarray(2))
  const edited = edit(entries).flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry])
  await writeFile(file, Buffer.concat(edited))
}

/** Rewrites one level-0 tile. */
async function changeTile(directory: string, path: string, edit: (hashes: Buffer[]) => readonly Buffer[]) {
  const file = join(directory, path)
  await writeFile(file, Buffer.concat([...edit([...(cutTile(await readFile(file)) ?? [])])]))
}

const reworded = (entry: Buffer | undefined) => Buffer.from((entry ?? '').toString().replace('"allow"', '"deny"'))

async function problemsOf(directory: string, expectedKey?: string): Promise<readonly string[]> {
  const report = await verifyLog(directory, expectedKey === undefined ? {} : { expectedKey })
  expect(report.ok).toBe(report.problems.length === 0)
  return report.problems.map(({ kind, message }) => `${kind}: ${message}`)
}

test('an untouched log verifies, and the report says what it cannot know', async () => {
  const report = await verifyLog(CLOSED.directory, { expectedKey: CLOSED.key })
  expect(report).toMatchObject({ log: 'gateway-0', entries: 301, ok: true, problems: [], waiting: 0, key: CLOSED.key })
  expect(report.root).toMatch(/^[0-9a-f]{64}$/)
  expect(report.unknown.join(' ')).toContain('Without a witness')
  expect((await verifyLog(CLOSED.directory)).unknown.join(' ')).toContain('The key was taken from key.pub')
})

test('an edited entry is named', async () => {
  const directory = await copy()
  await change(directory, FULL, (entries) => entries.with(3, reworded(entries[3])))
  expect(await problemsOf(directory)).toEqual(['edited: entry 3 was edited: hash differs from the signed root'])
})

test('two edited entries of one bundle, and one of another, are named', async () => {
  const directory = await copy()
  await change(directory, FULL, (entries) => entries.with(3, reworded(entries[3])).with(5, reworded(entries[5])))
  await change(directory, PARTIAL, (entries) => entries.with(44, Buffer.from('{}')))
  expect(await problemsOf(directory)).toEqual([
    'edited: entry 3 was edited: hash differs from the signed root',
    'edited: entry 5 was edited: hash differs from the signed root',
    'edited: entry 300 was edited: hash differs from the signed root',
  ])
})

test('a changed byte anywhere in a bundle is found', async () => {
  const directory = await copy()
  const file = join(directory, PARTIAL)
  const bytes = await readFile(file)
  for (let at = 0; at < bytes.length; at += 97) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    await writeFile(file, changed)
    expect((await verifyLog(directory)).ok).toBe(false)
  }
})

test('a deleted entry is named', async () => {
  const directory = await copy()
  await change(directory, FULL, (entries) => entries.toSpliced(7, 1))
  expect(await problemsOf(directory)).toEqual(['deleted: entry 7 was deleted'])
})

test('a deleted entry is named when all later ones moved up', async () => {
  const directory = await copy()
  let moved: Buffer | undefined
  await change(directory, PARTIAL, ([first, ...rest]) => {
    moved = first
    return rest
  })
  await change(directory, FULL, (entries) => [...entries.toSpliced(7, 1), ...(moved ? [moved] : [])])
  expect(await problemsOf(directory)).toEqual(['deleted: entry 7 was deleted'])
})

test('entries that changed places are named', async () => {
  const directory = await copy()
  await change(directory, FULL, (entries) => entries.with(8, entries[9]!).with(9, entries[8]!))
  expect(await problemsOf(directory)).toEqual(['reordered: entry 8 was moved: it stands after entry 9'])
})

test('a doubled entry is named', async () => {
  const directory = await copy()
  await change(directory, PARTIAL, (entries) => entries.toSpliced(4, 0, entries[4]!))
  expect(await problemsOf(directory)).toEqual(['doubled: entry 260 stands here more than once'])
})

test('an inserted entry is named', async () => {
  const directory = await copy()
  await change(directory, PARTIAL, (entries) => entries.toSpliced(4, 0, Buffer.from('{"kind":"decision"}')))
  expect(await problemsOf(directory)).toEqual(['inserted: an entry was inserted before entry 260'])
})

test('a tail that is cut off while the checkpoint stays is named', async () => {
  const directory = await copy()
  await change(directory, PARTIAL, (entries) => entries.slice(0, 40))
  expect(await problemsOf(directory)).toEqual([
    'truncated: the log was cut off: its entries end before entry 296, but the checkpoint signs 301',
  ])
})

test('a tail that is cut off with its tiles is named', async () => {
  const directory = await copy()
  await rm(join(directory, 'tile/0/001.p'), { recursive: true })
  await rm(join(directory, 'tile/entries/001.p'), { recursive: true })
  const problems = await problemsOf(directory)
  expect(problems[0]).toBe('truncated: the log was cut off: entries from 256 on are gone, but the checkpoint signs 301')
})

test('an entry edited together with its hash is found by the tile above', async () => {
  const directory = await copy()
  const edited: Buffer[] = []
  await change(directory, FULL, (entries) => {
    edited.push(leafHash(reworded(entries[3])))
    return entries.with(3, reworded(entries[3]))
  })
  await changeTile(directory, 'tile/0/000', (hashes) => hashes.with(3, edited[0]!))
  expect(await problemsOf(directory)).toEqual([
    'bad-tile: the tile tile/1/000.p/1 disagrees with the tiles below it about entries 0 to 255',
    'wrong-root: neither the entries nor the tiles give the root that the checkpoint signs for 301 entries',
  ])
})

test('an entry taken out together with its hash is found by the root, and by what the others say of themselves', async () => {
  const directory = await copy()
  await change(directory, PARTIAL, (entries) => entries.toSpliced(40, 1))
  await changeTile(directory, 'tile/0/001.p/45', (hashes) => hashes.toSpliced(40, 1))
  const problems = await problemsOf(directory)
  expect(problems).toContain('bad-entry: entry 296 says that it is entry 297')
  expect(problems).toContain(
    'wrong-root: neither the entries nor the tiles give the root that the checkpoint signs for 301 entries',
  )
})

const TILES: readonly { name: string; path: string }[] = [
  { name: 'level-0 tile', path: 'tile/0/000' },
  { name: 'partial level-0 tile', path: 'tile/0/001.p/45' },
  { name: 'upper tile', path: 'tile/1/000.p/1' },
  { name: 'entry bundle', path: FULL },
  { name: 'partial entry bundle', path: PARTIAL },
]

for (const { name, path } of TILES) {
  test(`a missing ${name} is named`, async () => {
    const directory = await copy()
    await rm(join(directory, path))
    expect((await problemsOf(directory)).join('\n')).toContain(`${path} is missing`)
  })
}

for (const path of ['tile/0/000', 'tile/0/001.p/45', 'tile/1/000.p/1']) {
  test(`a changed hash in ${path} is found, though all entries are right`, async () => {
    const directory = await copy()
    await changeTile(directory, path, (hashes) => hashes.with(0, Buffer.alloc(32)))
    const { ok, problems } = await verifyLog(directory)
    expect(ok).toBe(false)
    expect(problems.map(({ kind }) => kind)).toContain('bad-tile')
  })
}

test('an upper tile with a hash too many is found', async () => {
  const directory = await copy()
  await changeTile(directory, 'tile/1/000.p/1', (hashes) => [...hashes, Buffer.alloc(32)])
  expect(await problemsOf(directory)).toEqual(['bad-tile: the tile tile/1/000.p/1 has the wrong length'])
})

test('a partial tile may have become full since the checkpoint was taken', async () => {
  const directory = await copy()
  const home = await makeHome()
  await cp(CLOSED.home.audit, home.audit, { recursive: true })
  await cp(CLOSED.home.keys, home.keys, { recursive: true })
  const log = await openTestLog(home, { seed: 'more' })
  for (let count = 0; count < 400; count++) await log.append(outcomeOf(exchangeId(count)), 'process')
  await log.close()
  await cp(join(directory, 'checkpoint'), join(home.audit, 'gateway-0/checkpoint'))
  // As a copy has it: with its journal this is a log that was rolled back.
  await rm(join(home.audit, 'gateway-0/journal'), { recursive: true })
  expect(await problemsOf(join(home.audit, 'gateway-0'))).toEqual([])
})

test('a log signed with another key is refused, even where key.pub was replaced as well', async () => {
  const directory = await copy()
  const other = await makeHome()
  const log = await openTestLog(other, { seed: 'another key' })
  await log.close()
  const forged = join(other.audit, 'gateway-0')
  expect(await problemsOf(forged)).toEqual([])
  const problems = await problemsOf(forged, CLOSED.key)
  expect(problems[0]).toBe(`wrong-key: key.pub is not the key recorded for this log, which is ${CLOSED.key}`)
  expect(problems).toContain(`bad-checkpoint: the checkpoint is not signed by ${CLOSED.key.split('+')[0]}`)
  await cp(join(forged, 'key.pub'), join(directory, 'key.pub'))
  expect((await problemsOf(directory)).join('\n')).toContain('bad-checkpoint: the checkpoint is not signed by')
})

test('a whole log put in the place of another is named', async () => {
  const directory = await copy()
  const moved = join(directory, '../gateway-1')
  await rename(directory, moved)
  expect((await problemsOf(moved))[0]).toMatch(
    /^bad-checkpoint: this is the log sallyport\/[0-9a-f]{8}\/gateway-0, but/,
  )
})

const CHECKPOINTS: readonly { name: string; edit: (text: string) => string; problem: string }[] = [
  {
    name: 'unsigned',
    edit: (text) => text.split('\n\n')[0] ?? '',
    problem: 'the checkpoint is malformed: it has no signatures',
  },
  {
    name: 'without signature lines',
    edit: (text) => `${text.split('\n\n')[0]}\n\n`,
    problem: 'the checkpoint is not signed by',
  },
  { name: 'empty', edit: () => '', problem: 'the checkpoint is malformed' },
  {
    name: 'signed, with another size',
    edit: (text) => text.replace('\n301\n', '\n300\n'),
    problem: 'signature of the checkpoint does not hold',
  },
  {
    name: 'with a size of many digits',
    edit: (text) => text.replace('\n301\n', '\n0301\n'),
    problem: 'its size is no number',
  },
  {
    name: 'with a huge size',
    edit: (text) => text.replace('\n301\n', '\n99999999999999\n'),
    problem: 'signature of the checkpoint does not hold',
  },
  {
    name: 'with a root that is no hash',
    edit: (text) => text.replace(/\n[^\n]{44}\n/, '\nabc\n'),
    problem: 'its root is no hash',
  },
  {
    name: 'with a signature that is no base64',
    edit: (text) => text.replace(/.\n$/, '!\n'),
    problem: 'a signature line is malformed',
  },
]

for (const { name, edit, problem } of CHECKPOINTS) {
  test(`a checkpoint ${name} is found`, async () => {
    const directory = await copy()
    await writeFile(join(directory, 'checkpoint'), edit(await readFile(join(directory, 'checkpoint'), 'utf8')))
    expect((await problemsOf(directory)).join('\n')).toContain(problem)
  })
}

test('a cosignature by somebody else does not matter', async () => {
  const directory = await copy()
  const file = join(directory, 'checkpoint')
  await writeFile(
    file,
    `${await readFile(file, 'utf8')}\u2014 witness.example/w ${Buffer.alloc(76, 5).toString('base64')}\n`,
  )
  expect(await problemsOf(directory)).toEqual([])
})

test('a log that is gone, and one without a checkpoint, are missing', async () => {
  const directory = await copy()
  await rm(join(directory, 'checkpoint'))
  expect(await problemsOf(directory)).toEqual(['missing-log: there is no log gateway-0 here: it has no checkpoint'])
  await rm(directory, { recursive: true })
  expect((await problemsOf(directory)).join('\n')).toContain('missing-log: there is no log gateway-0 here')
})
