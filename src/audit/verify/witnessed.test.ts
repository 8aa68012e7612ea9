import { afterAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWitnessKey } from './cosignature.ts'
import { judgeWitnessed } from './judge-witnessed.ts'
import { readWitnessDirectory } from './witnessed.ts'

// Made with OpenSSL, from the key of RFC 8032 section 7.1, test 1.
const KEY = 'witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea'
const NOTE = `example.com/log
8
XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

\u2014 witness.example/w1 63YswgAAAABpVzSwtxmpfNjnQQ19C1mL+Iw1Epqie4SAVn6RJE9CaMy66QfuVZcogoKlqR2YxcU8H3pt7lzRhOnYyrHOvUWmpQXvBQ==
`
/** SHA-256 of `example.com/log`, by sha256sum. */
const PLACE = '4d3203c8f35cdf600e475f55fede6081a703d3d322f208865fca2ec4f0e030f8'

const places: string[] = []
afterAll(() => Promise.all(places.map((place) => rm(place, { recursive: true, force: true }))))

async function read(place: string, note: string) {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-witnessed-'))
  places.push(directory)
  await mkdir(join(directory, place))
  await writeFile(join(directory, place, 'checkpoint'), note)
  const key = readWitnessKey(KEY)
  if (!key) throw new Error('no key')
  return readWitnessDirectory(directory, key)
}

test('what lies in the place of its origin, and is cosigned, is vouched for', async () => {
  const { witnessed, faults } = await read(PLACE, NOTE)
  expect(faults).toEqual([])
  expect(witnessed).toMatchObject([{ by: 'witness.example/w1', origin: 'example.com/log', size: 8, time: 1767322800 }])
})

test('a checkpoint in the place of another log vouches for nothing, nor does one that is not cosigned', async () => {
  const moved = await read('0'.repeat(64), NOTE)
  expect([moved.witnessed, moved.faults.join()]).toEqual([[], expect.stringContaining('it is of example.com/log')])
  const changed = await read(PLACE, NOTE.replace('\n8\n', '\n9\n'))
  expect(changed.faults.join()).toContain('its cosignature is not one of witness.example/w1')
})

test('another log under the name of one that was seen is named, however long it is', () => {
  const head = { by: 'w', origin: 'sallyport/11111111/gateway-0', size: 1, root: Buffer.alloc(32), time: 1767322800 }
  const log = {
    origin: 'sallyport/22222222/gateway-0',
    size: 9,
    root: Buffer.alloc(32),
    rootAt: () => Buffer.alloc(32),
  }
  expect(judgeWitnessed(log, [head])).toEqual([
    {
      kind: 'forked',
      message:
        'this is another log than the one that the witness knows as sallyport/11111111/gateway-0: w saw 1 entry at 2026-01-02T03:00:00Z',
    },
  ])
})
