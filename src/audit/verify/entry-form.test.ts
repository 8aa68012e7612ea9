// Entries that are signed and still wrong: what a mistake in the writer, or a thief of its key, would leave.
import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { makeSigner, writeCheckpoint } from '#audit/note.ts'
import { makeHome, removeHomes } from '#audit/test-log.ts'
import { edgeRoot, EMPTY_EDGE, grow } from '#audit/tiles.ts'
import { leafHash } from '#audit/tree.ts'
import { verifyLog } from './verify-log.ts'

afterAll(removeHomes)

async function problemsOf(directory: string): Promise<readonly string[]> {
  return (await verifyLog(directory)).problems.map(({ kind, message }) => `${kind}: ${message}`)
}

/** A log of whatever entries, signed with its own key. */
async function sign(lines: readonly string[]): Promise<string> {
  const directory = join((await makeHome()).audit, 'gateway-0')
  const signer = makeSigner('gateway-0', Buffer.alloc(32, 9))
  const entries = lines.map((line) => Buffer.from(line.replace('KEY', signer.verifierKey)))
  const { edge, tiles } = grow(
    EMPTY_EDGE,
    entries.map((entry) => ({ entry, hash: leafHash(entry) })),
  )
  for (const { level, width, bytes } of tiles) await Bun.write(join(directory, `tile/${level}/000.p/${width}`), bytes)
  await Bun.write(join(directory, 'key.pub'), `${signer.verifierKey}\n`)
  await Bun.write(join(directory, 'checkpoint'), writeCheckpoint(signer, edge.size, edgeRoot(edge)))
  return directory
}

const BIRTH =
  '{"after":"KEY","by":"x","id":"01KDYAK3SE0000000000000000","index":0,"kind":"change","subject":"gateway-0","time":"2026-01-02T03:04:05.678Z","what":"log-birth","why":"x"}'
const SECOND = '{"id":"01KDYAK3SE0000000000000001","index":1,"kind":"read","time":"2026-01-02T03:04:05.678Z"}'

const FORMS: readonly { name: string; line: string; problem: string }[] = [
  { name: 'is not canonical', line: SECOND.replace('{', '{ '), problem: 'bad-entry: entry 1 is not canonical JSON' },
  {
    name: 'has a key twice',
    line: SECOND.replace('{', '{"id":"x",'),
    problem: 'bad-entry: entry 1 is not canonical JSON',
  },
  { name: 'is no object', line: '[]', problem: 'bad-entry: entry 1 is no JSON object' },
  { name: 'is no JSON', line: '{', problem: 'bad-entry: entry 1 is no JSON object' },
  {
    name: 'has the wrong index',
    line: SECOND.replace('1,"kind', '2,"kind'),
    problem: 'bad-entry: entry 1 says that it is entry 2',
  },
  { name: 'has no kind', line: SECOND.replace('"kind":"read",', ''), problem: 'bad-entry: entry 1 has no kind' },
  { name: 'has a local time', line: SECOND.replace('678Z', '678'), problem: 'bad-entry: entry 1 has no time' },
  {
    name: 'has an id of another time',
    line: SECOND.replace('05.678', '06.678'),
    problem: 'bad-entry: entry 1 has an id of another time',
  },
  { name: 'has no id', line: SECOND.replace('01KDY', 'ZZKDY'), problem: 'bad-entry: entry 1 has no id' },
  {
    name: 'has the id of another',
    line: SECOND.replace('0000000001"', '0000000000"'),
    problem: 'doubled: entry 1 has the id of an earlier entry: 01KDYAK3SE0000000000000000',
  },
]

test('a log made by hand as it should be verifies', async () => {
  expect(await problemsOf(await sign([BIRTH, SECOND]))).toEqual([])
})

for (const { name, line, problem } of FORMS) {
  test(`an entry that ${name} is found though it is signed`, async () => {
    expect(await problemsOf(await sign([BIRTH, line]))).toContain(problem)
  })
}

test('a log that begins with anything but its own birth is found', async () => {
  expect(await problemsOf(await sign([SECOND.replace('1,"kind', '0,"kind')]))).toEqual([
    'bad-entry: entry 0 does not record the birth of this log',
  ])
  expect(await problemsOf(await sign([BIRTH.replace('KEY', 'other')]))).toEqual([
    'wrong-key: entry 0 records another key than the one used here',
  ])
})
