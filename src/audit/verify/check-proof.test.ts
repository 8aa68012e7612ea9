// A proof file, and each way to tamper with it.
import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { proofsOfEntries } from '#audit/proofs-of-entries.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { checkProof } from './check-proof.ts'

afterAll(removeHomes)

const WORLD = await (async () => {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (let count = 0; count < 150; count++) {
    await log.append(decisionOf(exchangeId(count)), 'process')
    await log.append(outcomeOf(exchangeId(count)), 'process')
  }
  await log.integrate()
  const places = (count: number) => [1, 2].map((at) => ({ log: 'gateway-0', index: 2 * count + at }))
  const earlier = await proofsOfEntries({ auditDirectory: home.audit }, places(140))
  await log.append(outcomeOf(exchangeId(999)), 'process')
  await log.close()
  const proof = await proofsOfEntries({ auditDirectory: home.audit }, places(140))
  const another = await proofsOfEntries({ auditDirectory: home.audit }, places(3))
  return { home, key: log.verifierKey, proof, another, earlier }
})()

const KEYS = new Map([['gateway-0', WORLD.key]])
const check = (text: string, keys: ReadonlyMap<string, string> = KEYS) => checkProof(Buffer.from(text), keys)

test('a proof holds, and says who, what and when, and in which tree', () => {
  const report = check(WORLD.proof)
  expect(report).toMatchObject({ ok: true, problems: [], unkeyed: [], exchange: '01KDYAK3SE0000000000000140' })
  expect(report.entries).toMatchObject([
    { log: 'gateway-0', index: 281, size: 302, fields: { kind: 'decision', decision: 'allow', action: 'infer' } },
    { log: 'gateway-0', index: 282, size: 302, fields: { kind: 'outcome', status: 200, bytes: 512 } },
  ])
})

test('each of its sections alone is a proof as well', () => {
  const sections = WORLD.proof.split(/^(?=c2sp)/m)
  expect(sections.map((section) => check(section).entries.length)).toEqual([1, 1])
})

test('without the key of the log nothing is proven, and the file has none to offer', () => {
  expect(check(WORLD.proof, new Map())).toEqual({
    ok: false,
    problems: [],
    unkeyed: ['gateway-0'],
    entries: [],
    exchange: '',
    witnessed: [],
  })
})

test('a proof by another key, even of a log of the same name, is refused', async () => {
  const other = await makeHome()
  const log = await openTestLog(other, { seed: 'forger' })
  await log.append(decisionOf(exchangeId(140)), 'process')
  await log.close()
  const forged = await proofsOfEntries({ auditDirectory: other.audit }, [{ log: 'gateway-0', index: 1 }])
  expect(check(forged, new Map([['gateway-0', log.verifierKey]])).ok).toBe(true)
  expect(check(forged).problems.join()).toContain('but the key given is that of sallyport/')
  const renamed = forged.replaceAll(/sallyport\/[0-9a-f]{8}/g, WORLD.key.split('/gateway')[0] ?? '')
  expect(check(renamed).problems).toEqual([
    expect.stringMatching(/^proof 1: its checkpoint is not signed by sallyport/),
  ])
  expect(check(WORLD.proof, new Map([['gateway-0', log.verifierKey]])).ok).toBe(false)
  expect(check(WORLD.proof, new Map([['gateway-0', 'nonsense']])).problems[0]).toBe(
    'the key given for gateway-0 is no verifier key',
  )
})

test('a changed character anywhere is found, and each bit of the signature', () => {
  const bytes = Buffer.from(WORLD.proof)
  const changes = Array.from({ length: bytes.length }, (_, at) => ({ at, bit: at % 7 }))
  const signature = bytes.length - 94
  for (let at = signature; at < bytes.length; at++) for (let bit = 0; bit < 8; bit++) changes.push({ at, bit })
  const passed = changes.filter(({ at, bit }) => {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << bit)
    return checkProof(changed, KEYS).ok
  })
  expect(passed).toEqual([])
}, 30_000)

test('a signature has one spelling: its last letter has two bits that no byte needs', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const holding = letters.split('').filter((letter) => check(WORLD.proof.replace(/.=\n$/, `${letter}=\n`)).ok)
  expect(holding).toHaveLength(1)
})

/** The members of an entry changed, in its own place. */
const reworded = (proof: string, from: string, to: string): string =>
  proof.replaceAll(/^extra (.*)$/gm, (_, coded: string) => {
    const entry = Buffer.from(coded, 'base64').toString().replace(from, to)
    return `extra ${Buffer.from(entry).toString('base64')}`
  })
const halves = WORLD.proof.split(/^(?=c2sp)/m)
const ofAnother = WORLD.another.split(/^(?=c2sp)/m)
const ofEarlier = WORLD.earlier.split(/^(?=c2sp)/m)

const TAMPERED: readonly { name: string; text: string; problem: string }[] = [
  { name: 'a reworded decision', text: reworded(WORLD.proof, '"allow"', '"deny"'), problem: 'its path does not lead' },
  { name: 'another person', text: reworded(WORLD.proof, 'alice', 'mallory'), problem: 'its path does not lead' },
  { name: 'an index moved', text: WORLD.proof.replace('index 281', 'index 280'), problem: 'its path does not lead' },
  {
    name: 'an index beyond the log',
    text: WORLD.proof.replace('index 281', 'index 302'),
    problem: 'its path does not',
  },
  {
    name: 'an index with a zero before',
    text: WORLD.proof.replace('index 281', 'index 0281'),
    problem: 'its index is no',
  },
  { name: 'no entry', text: WORLD.proof.replace(/^extra .*\n/m, ''), problem: 'it does not hold its entry' },
  { name: 'a hash left out', text: WORLD.proof.replace(/(index 281\n).*\n/, '$1'), problem: 'its path does not lead' },
  { name: 'a hash put in', text: WORLD.proof.replace(/(index 281\n(.*)\n)/, '$1$2\n'), problem: 'its path does not' },
  { name: 'no hash at all', text: WORLD.proof.replace(/(index 281\n)[^]*?\n\n/, '$1\n'), problem: 'its path does not' },
  { name: 'another size', text: WORLD.proof.replace('\n302\n', '\n303\n'), problem: 'signature of its checkpoint' },
  { name: 'no signature', text: WORLD.proof.replaceAll(/\u2014 .*\n/g, ''), problem: 'is not signed by' },
  { name: 'one entry twice', text: `${halves[0]}${halves[0]}`, problem: 'entry 281 of gateway-0 stands in it twice' },
  {
    name: 'entries of two exchanges',
    text: `${halves[0]}${ofAnother[1]}`,
    problem: 'its entries are of more than one exchange',
  },
  {
    name: 'two trees of one log',
    text: `${halves[0]}${ofEarlier[1]}`,
    problem: 'it holds two checkpoints of gateway-0',
  },
  { name: 'something before', text: `\n${WORLD.proof}`, problem: 'does not begin with' },
  { name: 'something after', text: `${WORLD.proof}x`, problem: 'its checkpoint is malformed' },
  { name: 'another version', text: WORLD.proof.replaceAll('@v1', '@v2'), problem: 'does not begin with' },
  { name: 'nothing', text: '', problem: 'does not begin with' },
  { name: 'carriage returns', text: WORLD.proof.replaceAll('\n', '\r\n'), problem: 'does not begin with' },
]

test.each(TAMPERED)('$name is refused, and named', ({ text, problem }) => {
  expect(text).not.toBe(WORLD.proof)
  const report = check(text)
  expect(report).toMatchObject({ ok: false, entries: [], exchange: '' })
  expect(report.problems.join('\n')).toContain(problem)
})

test('the decision of one exchange and the outcome of another are each proven alone', () => {
  expect(check(halves[0] ?? '').ok).toBe(true)
  expect(check(ofAnother[1] ?? '').ok).toBe(true)
  expect(check(ofEarlier[1] ?? '').ok).toBe(true)
})

test('an entry that names no exchange is no part of one', async () => {
  const birth = await proofsOfEntries({ auditDirectory: join(WORLD.home.audit) }, [{ log: 'gateway-0', index: 0 }])
  expect(check(birth).problems).toEqual(['proof 1: its entry names no exchange'])
})
