// The format is final: a log that was written once is accepted for ever, and today's writer writes the same bytes.
// The frozen log lies in test/vectors/audit/clinic; a Python verifier, written from the standards alone, reads it too.
import { afterAll, expect, test } from 'bun:test'
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findExchange } from './find-exchange.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes, type TestHome } from './test-log.ts'
import { verifyLog } from './verify/verify-log.ts'

afterAll(removeHomes)

const VECTORS = join(import.meta.dir, '../../test/vectors/audit')
const FROZEN = join(VECTORS, 'clinic/gateway-0')
const PYTHON = Bun.which('python3')

/** 260 signed entries and three that wait in the journal, as the writer leaves them while it is at work. */
async function writeAgain(): Promise<TestHome> {
  const home = await makeHome()
  const log = await openTestLog(home, { seed: 'frozen' })
  for (let count = 0; count < 130; count++) {
    await log.append(decisionOf(exchangeId(count), count % 3 === 0 ? 'deny' : 'allow'), 'process')
    if (count === 100) await log.integrate()
    if (count !== 129) await log.append(outcomeOf(exchangeId(count)), 'process')
  }
  await log.integrate()
  await log.append({ kind: 'indicator', indicator: 'replayed-token', exchange: exchangeId(129) }, 'process')
  const change = {
    what: 'bundle',
    subject: '0e'.repeat(32),
    by: 'erin',
    why: 'gr\u00fc\u00dfe \u20ac \u{1f600} "\\\n',
  } as const
  await log.append({ kind: 'change', ...change }, 'process')
  await log.append(decisionOf(exchangeId(130)), 'machine')
  return home
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1)).sort()
}

test('the frozen log verifies, with the root and the key that it was frozen with', async () => {
  expect(await verifyLog(FROZEN)).toMatchObject({
    log: 'gateway-0',
    ok: true,
    problems: [],
    entries: 260,
    waiting: 3,
    root: 'd46392cac7419c6e4d216e818f7e06635abc1a8af4b5354b04cd745b36febf1f',
    key: 'sallyport/93b7ac1e/gateway-0+bc77f4a3+AXMWr+OZORogAVvA9B/gaF/MRkmiLkTJYaP6tU/OEAqo',
  })
})

test('today the same inputs make the same files, byte for byte', async () => {
  const again = join((await writeAgain()).audit, 'gateway-0')
  const names = await filesIn(FROZEN)
  expect(await filesIn(again)).toEqual(names)
  for (const name of names) {
    expect([name, (await readFile(join(again, name))).equals(await readFile(join(FROZEN, name)))]).toEqual([name, true])
  }
})

test('an exchange of the frozen log is found, signed or waiting', async () => {
  const signed = await findExchange(join(FROZEN, '..'), exchangeId(77))
  expect(signed?.decisions.map(({ entry }) => entry.index)).toEqual([155])
  const waiting = await findExchange(join(FROZEN, '..'), exchangeId(130))
  expect(waiting?.decisions.map(({ entry }) => entry.index)).toEqual([262])
})

test.skipIf(PYTHON === null)(
  'Python, from RFC 6962 alone, finds the signed root in the frozen entries (needs python3)',
  async () => {
    const command = (log: string) => Bun.spawnSync([PYTHON ?? '', join(VECTORS, 'rfc6962.py'), log])
    const read = command(FROZEN)
    expect(read.stdout.toString()).toBe('260 d46392cac7419c6e4d216e818f7e06635abc1a8af4b5354b04cd745b36febf1f\n')
    expect(read.exitCode).toBe(0)
    const copy = join((await makeHome()).audit, 'gateway-0')
    await cp(FROZEN, copy, { recursive: true })
    const bundle = await readFile(join(copy, 'tile/entries/000'), 'latin1')
    await Bun.write(join(copy, 'tile/entries/000'), Buffer.from(bundle.replace('"allow"', '"a1low"'), 'latin1'))
    expect(command(copy).exitCode).toBe(1)
  },
)
