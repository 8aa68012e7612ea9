import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exchangeId, hastyFiles, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { readWitnessKey } from '#audit/verify/cosignature.ts'
import { readWitnessDirectory } from '#audit/verify/witnessed.ts'
import { answer } from './answer.ts'
import { makeCosigner } from './cosigner.ts'
import { readLogKey } from './memory.ts'
import { makeTrust } from './trust.ts'
import { type PostCheckpoint, witnessChore } from './witness-chore.ts'
import { openWitness } from './witness.ts'

const places: string[] = []
afterAll(async () => {
  await removeHomes()
  await Promise.all(places.map((place) => rm(place, { recursive: true, force: true })))
})

async function emptyPlace(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-witness-'))
  places.push(place)
  return place
}

const COSIGNER = makeCosigner(Buffer.alloc(32, 9), 'witness.example/w1')

async function worldOf() {
  const [world, home, store] = [await makeHome(), await emptyPlace(), await emptyPlace()]
  const log = await openTestLog(world, { files: hastyFiles })
  let now = Date.UTC(2026, 0, 2)
  const witness = await openWitness({ home, cosigner: COSIGNER, now: () => now })
  const trusted = [log.verifierKey].map(readLogKey).filter((key) => key !== undefined)
  const asked: string[] = []
  const post: PostCheckpoint = async (url, body) => {
    asked.push(`${url} ${body.split('\n', 1)[0]}`)
    return answer(
      { method: 'POST', path: '/add-checkpoint', body: Buffer.from(body) },
      witness,
      makeTrust(trusted),
      () => undefined,
    )
  }
  const place = { name: 'audit-team', url: 'https://witness.example/', key: COSIGNER.verifierKey, private: false }
  const chore = (through: PostCheckpoint = post, key = place.key) =>
    witnessChore({ ...place, key }, { auditDirectory: world.audit, store, post: through, now: () => now })
  const turn = (of: ReturnType<typeof chore>) => of.turn(new AbortController().signal).catch(String)
  const grow = async (to: number) => {
    while ((await log.integrate(), size < to)) await log.append(outcomeOf(exchangeId((size += 1))), 'process')
  }
  let size = 1
  await log.integrate()
  return { world, store, log, asked, trusted, chore, turn, grow, later: (seconds: number) => (now += seconds * 1000) }
}

test('a log that grows is submitted with a proof from the size before, and one that does not is left alone', async () => {
  const { chore, turn, asked, grow, later, store, log } = await worldOf()
  const submitting = chore()
  expect(await turn(submitting)).toBe('done')
  await grow(7)
  expect(await turn(submitting)).toBe('done')
  expect(await turn(submitting)).toBe('done')
  later(601)
  expect(await turn(submitting)).toBe('done')
  const url = 'https://witness.example/add-checkpoint'
  expect(asked).toEqual([`${url} old 0`, `${url} old 1`, `${url} old 7`])
  const key = readWitnessKey(COSIGNER.verifierKey)
  const { witnessed, faults } = key ? await readWitnessDirectory(store, key) : { witnessed: [], faults: ['no key'] }
  expect(faults).toEqual([])
  expect(witnessed.map(({ size, time }) => [size, time])).toEqual([[7, 1767312601]])
  await log.close()
})

test('after a restart it goes on from what it kept, and without that from what the witness says', async () => {
  const { chore, turn, asked, grow, store, log } = await worldOf()
  await turn(chore())
  await grow(5)
  expect(await turn(chore())).toBe('done')
  await rm(store, { recursive: true })
  await grow(9)
  expect(await turn(chore())).toBe('done')
  expect(asked.map((each) => each.replace(/.*old /, ''))).toEqual(['0', '1', '0', '5'])
  await log.close()
})

test('a witness that does not know the log says what it needs, and what waits is counted', async () => {
  const { chore, turn, grow, trusted, log } = await worldOf()
  trusted.length = 0
  await grow(4)
  const submitting = chore()
  expect(await turn(submitting)).toBe(
    'Error: the witness audit-team: gateway-0: it does not know this log; give it the key.pub of the log, or the folder of the logs',
  )
  expect(submitting.standing()).toEqual({ behind: 4, dropped: 0 })
  await log.close()
})

test.each([
  [{ status: 200, type: 'text/plain', body: '' }, 'what it answers is no cosignature of its key'],
  [
    { status: 200, type: 'text/plain', body: '\u2014 witness.example/w1 AAAA\n' },
    'what it answers is no cosignature of its key',
  ],
  [{ status: 409, type: 'text/plain', body: '0\n' }, 'it refuses the size and does not say which it knows'],
  [{ status: 409, type: 'text/x.tlog.size', body: '07\n' }, 'it refuses the size and does not say which it knows'],
  [{ status: 409, type: 'text/x.tlog.size', body: '0\n' }, 'it was told of another size meanwhile'],
  [
    { status: 409, type: 'text/x.tlog.size', body: '2\n' },
    'it has seen 2 entries, and there are 1 here: this log was cut off or rolled back',
  ],
  [{ status: 403, type: '', body: '' }, 'it knows this log by another key'],
  [{ status: 500, type: '', body: '' }, 'it answers 500'],
])('an answer of %j is trouble: %s', async (answered, trouble) => {
  const { chore, turn, store, log } = await worldOf()
  expect(await turn(chore(async () => answered))).toBe(`Error: the witness audit-team: gateway-0: ${trouble}`)
  expect(await readFile(join(store, 'checkpoint')).catch(() => 'nothing')).toBe('nothing')
  await log.close()
})

test('a cosignature of another witness is not taken', async () => {
  const { chore, turn, log } = await worldOf()
  const other = makeCosigner(Buffer.alloc(32, 8), 'witness.example/w1').verifierKey
  expect(await turn(chore(undefined, other))).toContain('what it answers is no cosignature of its key')
  expect(() => chore(undefined, 'something else')).toThrow(
    'audit.witnesses.audit-team: its key is no verifier key of a witness',
  )
  await log.close()
})
