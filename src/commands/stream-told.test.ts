import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'bun:test'
import type { StreamPlace } from '#access/keeping.ts'
import { makePlace, type Place, putAway, settle, stageOf } from './stream.fixture.ts'
import { streamChore } from './stream-chore.ts'

afterEach(putAway)

const SIEM: StreamPlace = { name: 'siem', to: 'stdout', format: 'native' }

/** A stream to standard output, and the indices of the entries that it was told. */
function streamOf(place: Place) {
  const told: number[] = []
  const write = (text: string | Uint8Array): boolean => {
    for (const line of String(text).trim().split('\n')) told.push(JSON.parse(line).index)
    return true
  }
  const stage = stageOf(place, { out: { write, on: () => undefined, off: () => undefined } })
  return { told, stage, chore: streamChore(SIEM, stage.parts) }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

test('a position beyond the end of a log is said, and silences nothing', async () => {
  const place = await makePlace()
  await place.grow(5)
  await mkdir(place.streams, { recursive: true })
  await writeFile(join(place.streams, 'siem.json'), '{"stream":1,"positions":{"gateway-0":500}}\n')
  const { told, stage, chore } = streamOf(place)
  await settle(chore)
  await place.grow(1)
  await settle(chore)
  expect(told).toEqual(range(0, 13))
  expect(stage.said).toEqual([
    'stream siem: gateway-0 is not the log that was told: it has 11 entries, and 500 were told; it is told from its beginning',
  ])
  await chore.close()
})

test('a log that is rolled back under a stream, and grows again, is said and told', async () => {
  const place = await makePlace()
  await place.grow(2)
  const log = join(place.audit, 'gateway-0')
  await cp(log, `${place.home}/before`, { recursive: true })
  const { told, stage, chore } = streamOf(place)
  await settle(chore)
  await place.grow(3)
  await settle(chore)
  expect(told).toEqual(range(5, 11))
  told.length = 0
  await rm(log, { recursive: true })
  await cp(`${place.home}/before`, log, { recursive: true })
  stage.now += 1_000
  await settle(chore)
  expect(told).toEqual(range(0, 5))
  expect(stage.said).toEqual([
    'stream siem: gateway-0 is not the log that was told: it has 5 entries, and 11 were told; it is told from its beginning',
  ])
  await chore.close()
})

test('another log in the place of the one that was told is told from its beginning', async () => {
  const [place, other] = [await makePlace(), await makePlace()]
  await place.grow(2)
  const first = streamOf(place)
  await settle(first.chore)
  await first.chore.close()
  await other.grow(1, 'control')
  await other.grow(3)
  await cp(join(other.keys, 'audit-gateway-0.key'), join(place.keys, 'audit-gateway-0.key'))
  await rm(join(place.audit, 'gateway-0'), { recursive: true })
  await cp(join(other.audit, 'gateway-0'), join(place.audit, 'gateway-0'), { recursive: true })
  const { told, stage, chore } = streamOf(place)
  await settle(chore)
  expect(told).toEqual(range(0, 7))
  expect(stage.said).toEqual([
    'stream siem: gateway-0 is not the log that was told: its entry 4 is not the one that was told; it is told from its beginning',
  ])
  await chore.close()
  const again = streamOf(place)
  await settle(again.chore)
  expect(again.told).toEqual([])
  await again.chore.close()
})

test('a size that no key signed has nothing of other logs passed over, is said, and moves no position', async () => {
  const place = await makePlace()
  await place.grow(5)
  const { told, stage, chore } = streamOf(place)
  await settle(chore)
  const forged = join(place.audit, 'zzz')
  await mkdir(forged)
  await writeFile(join(forged, 'checkpoint'), 'sallyport/00000000/zzz\n999999999999999\nAAAA\n')
  await place.grow(5)
  stage.now += 1_000
  await settle(chore)
  await settle(chore)
  expect(told).toEqual(range(11, 21))
  expect(chore.standing()).toEqual({ behind: 10, dropped: 0, refused: 0, stuck: true })
  expect(stage.said).toEqual(['stream siem: no key vouches for the checkpoint of zzz'])
  await rm(forged, { recursive: true })
  stage.now += 1_000
  await settle(chore)
  expect(chore.standing()).toEqual({ behind: 0, dropped: 0, refused: 0, stuck: false })
  await chore.close()
})
