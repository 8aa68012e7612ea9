// Our logs and our verifier beside the transparency-log code of the Go checksum database, which others wrote.
import { afterAll, expect, test } from 'bun:test'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleEntries } from '#audit/log-files.ts'
import { makeSigner, writeCheckpoint } from '#audit/note.ts'
import { consistencyProof, inclusionProof } from '#audit/proofs.ts'
import {
  decisionOf,
  exchangeId,
  hastyFiles,
  makeHome,
  openTestLog,
  outcomeOf,
  removeHomes,
  type TestHome,
} from '#audit/test-log.ts'
import { readProofs } from '#audit/verify/proof-text.ts'
import { verifyLog } from '#audit/verify/verify-log.ts'
import { type GoTlog, openGoTlog } from './go-tlog.ts'
import { type LogFiles, pickerOf, readLog, tamper, writeLog } from './tampered-logs.ts'
import { proofCases } from './tampered-proofs.ts'

const opened = await openGoTlog()
const go: GoTlog | undefined = typeof opened === 'string' ? undefined : opened
const without = typeof opened === 'string' ? ` (not run: ${opened})` : ''
afterAll(async () => {
  await go?.close()
  await removeHomes()
})
const asked = (question: Readonly<Record<string, unknown>>) =>
  go ? go.ask(question) : Promise.reject(new Error('there is no Go program'))

/** A log of so many entries, each batch under a checkpoint of its own; gives its roots by size. */
async function logOf(home: TestHome, size: number, { seed = 'sallyport', batch = size } = {}) {
  const log = await openTestLog(home, { files: hastyFiles, seed })
  const directory = join(home.audit, 'gateway-0')
  const roots = new Map<number, Buffer>()
  for (let count = 1; count < size; count++) {
    if (count % Math.min(batch, 20_000) === 0) await note()
    const exchange = exchangeId(Math.floor(count / 2))
    await log.append(count % 2 === 1 ? decisionOf(exchange) : outcomeOf(exchange), 'process')
  }
  async function note(): Promise<void> {
    await log.integrate()
    const [, at = '', root = ''] = (await readFile(join(directory, 'checkpoint'), 'utf8')).split('\n')
    roots.set(Number(at), Buffer.from(root, 'base64'))
  }
  await note()
  await log.close()
  return { directory, roots }
}

const SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 600]

test.skipIf(!go).each(SIZES)(`Go finds our log of %i entries in order${without}`, async (size) => {
  const { directory } = await logOf(await makeHome(), size, { batch: 100 })
  expect(await asked({ ask: 'log', directory })).toEqual({ why: '', size })
  expect((await verifyLog(directory)).ok).toBe(true)
})

test.skipIf(!go)(`Go finds the frozen log in order${without}`, async () => {
  const directory = join(import.meta.dir, '../vectors/audit/clinic/gateway-0')
  expect(await asked({ ask: 'log', directory })).toEqual({ why: '', size: 260 })
})

test.skipIf(!go)(
  `Go finds our log of 66,000 entries in order, with tiles on three levels${without}`,
  async () => {
    const { directory } = await logOf(await makeHome(), 66_000)
    expect(await asked({ ask: 'log', directory })).toEqual({ why: '', size: 66_000 })
  },
  60_000,
)

test.skipIf(!go)(`an empty log has the root of nothing for both${without}`, async () => {
  const directory = join((await makeHome()).audit, 'gateway-0')
  const signer = makeSigner('gateway-0', Buffer.alloc(32, 7))
  const empty = Buffer.from('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 'base64')
  for (const [root, ok] of [
    [empty, true],
    [Buffer.alloc(32), false],
  ] as const) {
    const checkpoint = Buffer.from(writeCheckpoint(signer, 0, root))
    await writeLog(
      directory,
      new Map([
        ['checkpoint', checkpoint],
        ['key.pub', Buffer.from(signer.verifierKey)],
      ]),
    )
    expect([(await asked({ ask: 'log', directory })).why === '', (await verifyLog(directory)).ok]).toEqual([ok, ok])
  }
})

test.skipIf(!go)(`Go takes every inclusion proof of ours, and none for another place or entry${without}`, async () => {
  const { directory, roots } = await logOf(await makeHome(), 600, { batch: 150 })
  for (const [size, root] of roots) {
    for (const index of [0, 1, 2, 100, 254, 255, 256, 257, 300, 511, 512, size - 2, size - 1]) {
      if (index < 0 || index >= size) continue
      const proof = (await inclusionProof(directory, index, size)).map((hash) => hash.toString('base64'))
      const leaf = await entryAt(directory, index)
      const question = { ask: 'record', size, root: root.toString('base64'), index, leaf, proof }
      expect([size, index, (await asked(question)).why]).toEqual([size, index, ''])
      expect((await asked({ ...question, index: (index + 1) % size })).why).not.toBe('')
      expect((await asked({ ...question, leaf: Buffer.from('{}').toString('base64') })).why).not.toBe('')
    }
  }
  expect([...roots.keys()]).toEqual([150, 300, 450, 600])
})

async function entryAt(directory: string, index: number): Promise<string> {
  const bundle = await bundleEntries(directory, Math.floor(index / 256), 600)
  return bundle[index % 256]?.toString('base64') ?? ''
}

test.skipIf(!go)(`Go takes every consistency proof of ours, and none for another tree${without}`, async () => {
  const { directory, roots } = await logOf(await makeHome(), 601, { batch: 37 })
  const sizes = [...roots.keys()]
  let proofs = 0
  for (const size of sizes) {
    for (const from of sizes.filter((each) => each <= size)) {
      const proof = (await consistencyProof(directory, from, size)).map((hash) => hash.toString('base64'))
      const [root, fromRoot] = [roots.get(size)?.toString('base64'), roots.get(from)?.toString('base64')]
      const question = { ask: 'tree', size, root, from, fromRoot, proof }
      expect([from, size, (await asked(question)).why]).toEqual([from, size, ''])
      expect((await asked({ ...question, fromRoot: Buffer.alloc(32, 1).toString('base64') })).why).not.toBe('')
      proofs += 1
    }
  }
  expect(proofs).toBe(153)
})

test.skipIf(!go)(`Go takes the proofs of a proof file${without}`, async () => {
  const { cases } = await proofCases()
  for (const { name, file } of cases.filter(({ holds }) => holds)) {
    const proofs = readProofs(file)
    if (typeof proofs === 'string') throw new Error(proofs)
    for (const { entry, index, path, checkpoint } of proofs) {
      const [root, leaf] = [checkpoint.root.toString('base64'), entry.toString('base64')]
      const proof = path.map((hash) => hash.toString('base64'))
      const said = await asked({ ask: 'record', size: checkpoint.size, root, index, leaf, proof })
      expect([name, said.why]).toEqual([name, ''])
    }
  }
})

const TAMPERINGS = 300

test.skipIf(!go)(
  `Go and verify agree on each of ${TAMPERINGS} tamperings${without}`,
  async () => {
    const home = await makeHome()
    const { directory } = await logOf(home, 300, { batch: 140 })
    const files = await readLog(directory)
    const other = await readLog((await logOf(await makeHome(), 300, { seed: 'another' })).directory)
    const earlier = await readLog((await logOf(await makeHome(), 280, { batch: 140 })).directory)
    const counts = { ok: 0, wrong: 0 }
    const disagreed: unknown[] = []
    for (let number = 0; number < TAMPERINGS; number++) {
      const changed: LogFiles = new Map(files)
      const what = tamper(changed, { earlier, other }, pickerOf(`tampering ${number}`))
      const place = join(home.audit, String(number), 'gateway-0')
      await writeLog(place, changed)
      const [theirs, ours] = [await asked({ ask: 'log', directory: place }), await verifyLog(place)]
      if (ours.ok !== (theirs.why === ''))
        disagreed.push({ number, what, ours: ours.problems.map(({ message }) => message), theirs: theirs.why })
      counts[ours.ok ? 'ok' : 'wrong'] += 1
      await rm(join(home.audit, String(number)), { recursive: true })
    }
    expect(disagreed).toEqual([])
    // Nothing done, a leftover touched, a signature of somebody else, a rollback: these nobody can tell from the files.
    expect(counts.ok).toBeGreaterThan(20)
    expect(counts.wrong).toBeGreaterThan(150)
  },
  60_000,
)

test.skipIf(!go)(
  `a signature in a second base64 spelling is one thing that verify alone refuses${without}`,
  async () => {
    const { directory } = await logOf(await makeHome(), 3)
    const files = await readLog(directory)
    const text = files.get('checkpoint')?.toString() ?? ''
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const last = letters.indexOf(text.at(-3) ?? '')
    // The last letter before the padding carries four bits that count, and two that do not.
    const respelt = `${text.slice(0, -3)}${letters[last ^ 1]}=\n`
    expect(respelt).not.toBe(text)
    await writeLog(directory, new Map([['checkpoint', Buffer.from(respelt)]]))
    expect((await asked({ ask: 'log', directory })).why).toBe('')
    expect((await verifyLog(directory)).problems.map(({ message }) => message)).toEqual([
      'the checkpoint is malformed: a signature line is malformed',
    ])
  },
)
