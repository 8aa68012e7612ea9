import { afterAll, expect, spyOn, test } from 'bun:test'
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cosignedAt } from '#audit/verify/cosignature.ts'
import { readNote } from '#audit/verify/note-text.ts'
import { placeOfOrigin } from '#audit/verify/witnessed.ts'
import { answer } from './answer.ts'
import { type Cosigner, makeCosigner } from './cosigner.ts'
import { readLogKey } from './memory.ts'
import { submission, testSigner } from './test-tree.ts'
import { makeTrust } from './trust.ts'
import { openWitness } from './witness.ts'

const homes: string[] = []
afterAll(() => Promise.all(homes.map((home) => rm(home, { recursive: true, force: true }))))

const LOG = testSigner(1)
const COSIGNER: Cosigner = makeCosigner(Buffer.alloc(32, 9), 'witness.example/w1')

async function witnessAt(home?: string, ahead = 0) {
  const place = home ?? (await mkdtemp(join(tmpdir(), 'sallyport-witness-')))
  homes.push(place)
  let now = Date.UTC(2026, 0, 2) + ahead * 1000
  let elapsed = 0
  const witness = await openWitness({ home: place, cosigner: COSIGNER, now: () => now, elapsed: () => elapsed })
  const keys = [LOG.verifierKey].map(readLogKey).filter((key) => key !== undefined)
  const trust = makeTrust(keys)
  const told: string[] = []
  const ask = (method: string, path: string, body = '') =>
    answer({ method, path, body: Buffer.from(body) }, witness, trust, (line) => told.push(line))
  return {
    home: place,
    log: join(place, placeOfOrigin(LOG.origin)),
    told,
    ask,
    later: (seconds: number) => {
      now += seconds * 1000
      elapsed += Math.max(0, seconds * 1000)
    },
    /** The clock alone. */
    step: (seconds: number) => (now += seconds * 1000),
    add: (body: string) => ask('POST', '/add-checkpoint', body),
    get: (path: string) => ask('GET', path),
  }
}

/** When the line says that it saw this checkpoint. */
function timeIn(checkpoint: string, line: string) {
  const note = readNote(Buffer.from(checkpoint + line))
  return typeof note === 'string' ? note : cosignedAt(note, COSIGNER.key)
}

test('a log that grows is cosigned each time, and the last one is served with both signatures', async () => {
  const { add, get } = await witnessAt()
  for (const [from, to] of [
    [0, 1],
    [1, 5],
    [5, 8],
    [8, 70],
  ] as const) {
    const { status, body, type } = await add(submission(LOG, from, to))
    expect([status, type, timeIn(LOG.checkpoint(to), body)]).toEqual([200, 'text/plain; charset=utf-8', 1767312000])
  }
  const served = await get(`/${placeOfOrigin(LOG.origin)}/checkpoint`)
  expect(served.status).toBe(200)
  expect(served.body).toStartWith(LOG.checkpoint(70))
  expect(timeIn(served.body, '')).toBe(1767312000)
  expect((await get('/logs')).body).toBe(`${LOG.origin}\n`)
})

test('the same size again is cosigned anew, and within seconds with the same line', async () => {
  const { add, later } = await witnessAt()
  const first = await add(submission(LOG, 0, 5))
  later(10)
  expect((await add(submission(LOG, 5, 5))).body).toBe(first.body)
  later(60)
  expect(timeIn(LOG.checkpoint(5), (await add(submission(LOG, 5, 5))).body)).toBe(1767312070)
})

test('a clock that steps back takes back no time', async () => {
  const { add, later } = await witnessAt()
  await add(submission(LOG, 0, 5))
  later(-3600)
  expect(timeIn(LOG.checkpoint(6), (await add(submission(LOG, 5, 6))).body)).toBe(1767312000)
})

test('another size than the one known is a conflict, which says the one known', async () => {
  const { add } = await witnessAt()
  expect(await add(submission(LOG, 3, 5))).toEqual({ status: 409, type: 'text/x.tlog.size', body: '0\n' })
  await add(submission(LOG, 0, 5))
  for (const [from, to] of [
    [0, 7],
    [4, 7],
    [6, 7],
    [0, 3],
    [3, 3],
    [0, 5],
  ] as const) {
    expect(await add(submission(LOG, from, to))).toEqual({ status: 409, type: 'text/x.tlog.size', body: '5\n' })
  }
})

test('a smaller tree is never signed again, nor one that does not begin with the one known', async () => {
  const { add, get, told, log } = await witnessAt()
  await add(submission(LOG, 0, 5))
  const before = (await get(`/${placeOfOrigin(LOG.origin)}/checkpoint`)).body
  expect((await add(submission(LOG, 5, 9, 'another'))).status).toBe(422)
  expect((await add(submission(LOG, 3, 3))).status).toBe(409)
  expect((await add(submission(LOG, 5, 9).replace('old 5\n', `old 5\n${'A'.repeat(43)}=\n`))).status).toBe(422)
  expect((await get(`/${placeOfOrigin(LOG.origin)}/checkpoint`)).body).toBe(before)
  expect(told[0]).toBe(`${LOG.origin} sent a checkpoint of 9 entries whose proof does not hold`)
  expect(await readFile(join(log, 'unproven'), 'utf8')).toBe(LOG.checkpoint(9))
})

test('a fork is refused, told, and kept with both signed checkpoints', async () => {
  const { add, told, log } = await witnessAt()
  await add(submission(LOG, 0, 5))
  expect((await add(submission(LOG, 5, 5, 'another'))).status).toBe(422)
  const [fork = ''] = await readdir(join(log, 'forks'))
  expect(told).toEqual([`${LOG.origin} forked at 5 entries; both checkpoints are in ${join(log, 'forks', fork)}`])
  expect(await readFile(join(log, 'forks', fork, 'claimed'), 'utf8')).toBe(LOG.checkpoint(5, 'another'))
  expect(await readFile(join(log, 'forks', fork, 'seen'), 'utf8')).toStartWith(LOG.checkpoint(5))
})

test('the evidence of forks is bounded', async () => {
  const { add, log } = await witnessAt()
  await add(submission(LOG, 0, 2))
  for (let at = 0; at < 20; at++) await add(submission(LOG, 2, 2, `another ${at}`))
  expect(await readdir(join(log, 'forks'))).toHaveLength(16)
})

const BAD_ROOT = LOG.signed(`${LOG.origin}\n0\n${'A'.repeat(43)}=\n`)
test.each([
  ['an empty body', 400, ''],
  ['no empty line', 400, 'old 0\n'],
  ['no checkpoint', 400, 'old 0\n\n'],
  ['another first line', 400, submission(LOG, 0, 5).replace('old 0', 'size 0')],
  ['a size with a zero before it', 400, submission(LOG, 0, 5).replace('old 0', 'old 00')],
  ['a size beyond all sizes', 400, submission(LOG, 0, 5).replace('old 0', 'old 9999999999999999')],
  ['an old size beyond the checkpoint', 400, submission(LOG, 0, 5).replace('old 0', 'old 6')],
  ['a hash that is none', 400, submission(LOG, 2, 5).replace(/\n[^\n]+\n/, '\nabc\n')],
  ['lines that end in CR LF', 400, submission(LOG, 0, 5).replaceAll('\n', '\r\n')],
  ['64 hashes', 400, `old 1\n${`${'A'.repeat(43)}=\n`.repeat(64)}\n${LOG.checkpoint(5)}`],
  ['a checkpoint that is too long', 400, `old 0\n\n${LOG.signed(`${LOG.origin}\n5\n${'y'.repeat(70_000)}\n`)}`],
  ['another log', 404, submission(testSigner(2), 0, 5)],
  ['a signature of another key', 403, `old 0\n\n${testSigner(2, LOG.origin).checkpoint(5)}`],
  ['a signature of another text', 403, submission(LOG, 0, 5).replace('\n5\n', '\n6\n')],
  ['no signature', 403, submission(LOG, 0, 5).replace(/\u2014.*\n$/, '')],
  ['a proof from nothing', 422, submission(LOG, 0, 5).replace('old 0\n', `old 0\n${'A'.repeat(43)}=\n`)],
  ['an empty log with a root', 422, `old 0\n\n${BAD_ROOT}`],
])('%s is answered with %d, and nothing is signed', async (_name, status, body) => {
  const { add, home } = await witnessAt()
  expect((await add(body)).status).toBe(status)
  expect((await readdir(home)).filter((name) => /^[0-9a-f]{64}$/.test(name))).toEqual([])
})

test('signatures of strangers, other witnesses among them, do not matter', async () => {
  const { add, get } = await witnessAt()
  const stranger = '\u2014 example.com/other AAAAAAAA\n'
  expect((await add(`${submission(LOG, 0, 5)}${stranger}`)).status).toBe(200)
  expect((await get(`/${placeOfOrigin(LOG.origin)}/checkpoint`)).body).not.toContain('example.com/other')
})

test('what a log adds to its checkpoint is signed with it', async () => {
  const { add } = await witnessAt()
  const body = LOG.checkpoint(3).split('\n\n')[0]
  const checkpoint = LOG.signed(`${body}\nand more\n`)
  expect(timeIn(checkpoint, (await add(`old 0\n\n${checkpoint}`)).body)).toBe(1767312000)
})

test('of many at once each is held against what the one before it left', async () => {
  const { add, get } = await witnessAt()
  await add(submission(LOG, 0, 1))
  const sizes = Array.from({ length: 30 }, (_, at) => at + 2)
  const answers = await Promise.all(sizes.map((size) => add(submission(LOG, 1, size))))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 29 }, () => 409)])
  expect((await get(`/${placeOfOrigin(LOG.origin)}/checkpoint`)).body).toStartWith(LOG.checkpoint(2))
})

test('what was signed is remembered by the next process', async () => {
  const { add, home, log } = await witnessAt()
  await add(submission(LOG, 0, 5))
  const next = await witnessAt(home)
  expect((await next.add(submission(LOG, 0, 3))).body).toBe('5\n')
  await writeFile(join(log, 'checkpoint'), LOG.checkpoint(3))
  expect(await witnessAt(home).catch(String)).toContain('is not what this witness wrote')
})

test('a cosignature is given after the disk has it, and where the disk fails there is none', async () => {
  const { add, log, home } = await witnessAt()
  await add(submission(LOG, 0, 5))
  const file = await open(home, 'r')
  const sync = spyOn(Object.getPrototypeOf(file) as typeof file, 'sync')
  await file.close()
  try {
    expect((await add(submission(LOG, 5, 6))).status).toBe(200)
    // The checkpoint, and the directory in which it took its name.
    expect(sync.mock.calls).toHaveLength(2)
    sync.mockImplementationOnce(() => Promise.reject(new Error('the disk is gone')))
    expect(await add(submission(LOG, 6, 7)).catch(String)).toBe('Error: the disk is gone')
  } finally {
    sync.mockRestore()
  }
  expect(await readFile(join(log, 'checkpoint'), 'utf8')).toStartWith(LOG.checkpoint(6))
  expect((await add(submission(LOG, 6, 7))).status).toBe(200)
})

test('a directory in the way of the next checkpoint stops it, and it is signed once that is gone', async () => {
  const { add, log } = await witnessAt()
  await add(submission(LOG, 0, 5))
  await rm(join(log, 'checkpoint.new'), { force: true })
  await mkdir(join(log, 'checkpoint.new'))
  expect(await add(submission(LOG, 5, 6)).catch(String)).toContain('EISDIR')
  expect(await readFile(join(log, 'checkpoint'), 'utf8')).toStartWith(LOG.checkpoint(5))
  await rm(join(log, 'checkpoint.new'), { recursive: true })
  expect((await add(submission(LOG, 5, 6))).status).toBe(200)
})

test('other paths and methods are served nothing', async () => {
  const { ask, get } = await witnessAt()
  expect((await get('/add-checkpoint')).status).toBe(405)
  expect((await ask('POST', '/logs')).status).toBe(405)
  expect((await get('/')).status).toBe(404)
  expect((await get(`/${'0'.repeat(64)}/checkpoint`)).status).toBe(404)
  expect((await get('/witness.key')).status).toBe(404)
  expect((await get('/healthz')).status).toBe(200)
})

test('a clock that steps far ahead, or is far behind what was signed, signs nothing, and says so', async () => {
  const days = (count: number): number => count * 86_400
  const first = await witnessAt()
  expect((await first.add(submission(LOG, 0, 1))).status).toBe(200)
  first.step(days(50 * 365))
  const ahead = await first.add(submission(LOG, 1, 5)).catch((error: unknown) => error)
  expect(String(ahead)).toBe(
    'WrongClock: the clock stepped ahead to 2075-12-21T00:00:00.000Z while this ran; nothing is cosigned. ' +
      'If that is right, start the witness again',
  )
  first.step(days(-50 * 365))
  expect((await first.add(submission(LOG, 1, 5))).status).toBe(200)
  const late = await witnessAt(first.home, days(-3))
  const behind = await late.add(submission(LOG, 5, 8)).catch((error: unknown) => error)
  expect(String(behind)).toBe(
    'WrongClock: the clock says 2025-12-30T00:00:00.000Z, and it was 2026-01-02T00:00:00.000Z before; ' +
      'nothing is cosigned until it is right',
  )
  late.step(days(3))
  expect((await late.add(submission(LOG, 5, 8))).status).toBe(200)
})
