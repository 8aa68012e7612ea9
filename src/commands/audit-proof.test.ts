// `audit proof` and `audit check-proof`, over logs made for the purpose.
import { afterAll, expect, test } from 'bun:test'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readEntries } from '#audit/read.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf, removeHomes } from '#audit/test-log.ts'
import { audit } from './audit.ts'
import { readsLog } from './reader-log.ts'
import { systemUser } from './system-user.ts'

afterAll(removeHomes)

async function run(args: readonly string[], home: string) {
  const out: string[] = []
  const err: string[] = []
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    color: false,
    terminal: false,
    cwd: home,
  }
  return { code: await audit(args, { ...io, settings, environment: {} }), out, err }
}

/** Two exchanges, one of which has no outcome yet, in a log that is closed unless `open`. */
async function world({ open = false, interval = 3_600_000 } = {}) {
  const place = await makeHome()
  const log = await openTestLog(place, { interval })
  await log.append(decisionOf(exchangeId(1)), 'process')
  await log.append({ kind: 'indicator', indicator: 'odd', exchange: exchangeId(1) }, 'process')
  await log.append(outcomeOf(exchangeId(1)), 'process')
  await log.append(decisionOf(exchangeId(2), 'deny'), 'process')
  if (!open) await log.close()
  return { home: dirname(place.audit), pin: `gateway-0=${log.verifierKey}`, log }
}

const CLOSED = await world()

test('the proof of an exchange is checked with nothing but the file and the key', async () => {
  const { home, pin } = CLOSED
  const made = await run(['proof', exchangeId(1), '--out', 'one.tlog-proof'], home)
  expect(made.code).toBe(0)
  expect(made.out[0]).toEndWith('one.tlog-proof: decision gateway-0/1, indicator gateway-0/2, outcome gateway-0/3')
  expect(made.out).toContain(`  --key ${pin}`)
  expect((await stat(join(home, 'one.tlog-proof'))).mode & 0o777).toBe(0o600)
  const elsewhere = dirname((await makeHome()).audit)
  await cp(join(home, 'one.tlog-proof'), join(elsewhere, 'brought'))
  const checked = await run(['check-proof', 'brought', '--key', pin], elsewhere)
  expect(checked.code).toBe(0)
  expect(checked.out[0]).toBe('PROVEN  exchange 01KDYAK3SE0000000000000001')
  expect(checked.out[1]).toMatch(
    /^ decision {2}allow: User alice → infer → Model clinic-small {2}2026-01-02T03:04:05\.\d{3}Z {2}gateway-0 entry 1$/,
  )
  expect(checked.out.join('\n')).toContain(' outcome   complete, status 200, 512 bytes')
  expect(checked.out.join('\n')).toContain('gateway-0 of 5 entries, root ')
  const json = await run(['check-proof', 'brought', '--key', pin, '--json'], elsewhere)
  expect(JSON.parse(json.out.join('\n'))).toMatchObject({ ok: true, exchange: '01KDYAK3SE0000000000000001' })
  await cp(join(home, 'audit/gateway-0/key.pub'), join(elsewhere, 'key.pub'))
  expect((await run(['check-proof', 'brought', '--key-file', 'key.pub'], elsewhere)).code).toBe(0)
})

test('without the key nothing counts as proven, whatever the file says', async () => {
  const { home } = CLOSED
  await run(['proof', exchangeId(1), '--out', 'two.tlog-proof'], home)
  const { code, out } = await run(['check-proof', 'two.tlog-proof'], home)
  expect(code).toBe(1)
  expect(out[0]).toBe('NOTHING PROVEN YET')
  expect(out.join('\n')).toContain('gateway-0: give its key, from its owner and not from whoever brought this file')
  expect(out.join('\n')).not.toMatch(/alice|allow/)
})

test('another key, an edited file and no file at all are each a no', async () => {
  const { home, pin } = CLOSED
  await run(['proof', exchangeId(1), '--out', 'three.tlog-proof'], home)
  const other = await makeHome()
  const log = await openTestLog(other, { seed: 'other' })
  await log.close()
  const wrong = await run(['check-proof', 'three.tlog-proof', '--key', `gateway-0=${log.verifierKey}`], home)
  expect([wrong.code, wrong.out[0]]).toEqual([1, 'NOT PROVEN'])
  const text = await readFile(join(home, 'three.tlog-proof'), 'utf8')
  await writeFile(join(home, 'edited'), text.replace('index 1', 'index 2'))
  expect((await run(['check-proof', 'edited', '--key', pin], home)).out[0]).toBe('NOT PROVEN')
  expect((await run(['check-proof', 'nowhere', '--key', pin], home)).code).toBe(1)
})

test('making a proof is recorded before it is made, and who read is in no proof', async () => {
  const { home, pin } = await world()
  const [first, second] = [await run(['proof', exchangeId(1)], home), await run(['proof', exchangeId(1)], home)]
  expect(second.out).toEqual(first.out)
  await writeFile(join(home, 'printed'), `${first.out.join('\n')}\n`)
  expect((await run(['check-proof', 'printed', '--key', pin], home)).code).toBe(0)
  const reads: unknown[] = []
  for await (const entry of readEntries(join(home, 'audit', readsLog(await systemUser())))) reads.push(entry)
  expect(reads).toMatchObject([
    { kind: 'change' },
    { kind: 'read', what: 'proof', subject: '*', exchange: '01KDYAK3SE0000000000000001' },
    { kind: 'read', what: 'proof', subject: '*', exchange: '01KDYAK3SE0000000000000001' },
  ])
})

test('where the reading cannot be recorded, nothing is proven', async () => {
  const { home } = await world()
  await writeFile(join(home, 'audit', readsLog(await systemUser())), 'in the way')
  expect(run(['proof', exchangeId(1)], home)).rejects.toThrow(
    'nothing is shown, because this reading cannot be recorded',
  )
})

test('an entry that stands in the journal alone is waited for', async () => {
  const { home, pin, log } = await world({ open: true })
  const making = run(['proof', exchangeId(1), '--out', 'late'], home)
  await log.integrate()
  expect((await making).code).toBe(0)
  await log.close()
  expect((await run(['check-proof', 'late', '--key', pin], home)).code).toBe(0)
})

test('an exchange without an outcome is proven as far as it went, and that is said', async () => {
  const { home, log } = await world({ open: true })
  await log.integrate()
  const { code, out } = await run(['proof', exchangeId(2), '--out', 'open'], home)
  await log.close()
  expect(code).toBe(0)
  expect(out.join('\n')).toContain('The exchange has no outcome yet')
})

test('a damaged log makes no file', async () => {
  const { home } = await world()
  const tile = join(home, 'audit/gateway-0/tile/0/000.p/5')
  const hashes = await readFile(tile)
  hashes[0] = (hashes[0] ?? 0) ^ 1
  await writeFile(tile, hashes)
  const { code, out, err } = await run(['proof', exchangeId(1), '--out', 'none'], home)
  expect([code, out]).toEqual([1, []])
  expect(err.at(-1)).toContain('and no proof was written')
  expect(await Bun.file(join(home, 'none')).exists()).toBe(false)
})

test('an unknown exchange is a no, nothing is overwritten, and wrong use is told', async () => {
  const { home } = CLOSED
  expect((await run(['proof', exchangeId(77)], home)).code).toBe(1)
  await writeFile(join(home, 'there'), 'mine')
  expect(run(['proof', exchangeId(1), '--out', 'there'], home)).rejects.toThrow(
    'is there already, and is not overwritten',
  )
  for (const args of [
    ['proof'],
    ['proof', 'x'],
    ['check-proof'],
    ['check-proof', 'f', '--key', 'x'],
    ['check-proof', 'f', '--witness', 'x'],
  ])
    expect(await run(args, home).catch((error: unknown) => error)).toMatchObject({ name: 'UsageError' })
})

test('nothing that stands in an entry steers the terminal of whoever checks', async () => {
  const place = await makeHome()
  const log = await openTestLog(place)
  const wicked = '\u001b]0;PWNED\u0007\u001b[2J\u202e\u009b2J'
  await log.append({ ...decisionOf(exchangeId(1)), action: wicked, resource: { type: wicked, id: wicked } }, 'process')
  await log.append({ ...outcomeOf(exchangeId(1)), reason: wicked }, 'process')
  await log.close()
  const home = dirname(place.audit)
  await run(['proof', exchangeId(1), '--out', 'wicked'], home)
  for (const more of [[], ['--json']]) {
    const { code, out } = await run(['check-proof', 'wicked', '--key', `gateway-0=${log.verifierKey}`, ...more], home)
    expect(code).toBe(0)
    expect(out.join('').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  }
})

test('where no logs are, nobody knows of the exchange, and nothing is made there', async () => {
  const home = join(dirname((await makeHome()).audit), 'nowhere')
  expect((await run(['proof', exchangeId(1)], home)).code).toBe(1)
  expect(stat(home)).rejects.toThrow('ENOENT')
})

/** A witness as C2SP tlog-cosignature has it, made from scratch. */
function makeWitness() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = Buffer.concat([Buffer.of(4), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)])
  const id = createHash('sha256').update('witness.example\n').update(key).digest().subarray(0, 4)
  return {
    line: `witness.example+${id.toString('hex')}+${key.toString('base64')}`,
    cosign(checkpoint: string, seconds: number): string {
      const body = checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1)
      const time = Buffer.alloc(8)
      time.writeBigUInt64BE(BigInt(seconds))
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${body}`), privateKey)
      return `${checkpoint}\u2014 witness.example ${Buffer.concat([id, time, signature]).toString('base64')}\n`
    },
  }
}

test('under a cosigned checkpoint the witness is held to what it signed, and named', async () => {
  const { home, pin } = await world()
  const witness = makeWitness()
  const checkpoint = await readFile(join(home, 'audit/gateway-0/checkpoint'), 'utf8')
  const place = createHash('sha256')
    .update(checkpoint.split('\n')[0] ?? '')
    .digest('hex')
  await mkdir(join(home, 'witness', place), { recursive: true })
  await writeFile(join(home, 'witness', place, 'checkpoint'), witness.cosign(checkpoint, 1_767_323_050))
  expect((await run(['proof', exchangeId(1), '--out', 'seen', '--witnessed', 'witness'], home)).code).toBe(0)
  const seen = await run(['check-proof', 'seen', '--key', pin, '--witness', witness.line], home)
  expect(seen.code).toBe(0)
  expect(seen.out.join('\n')).toContain(' witness   witness.example saw this tree at 2026-01-02T03:04:10.000Z')
  const unchecked = await run(['check-proof', 'seen', '--key', pin], home)
  expect(unchecked.out.join('\n')).toContain('witness.example: signed too, not checked')
  const another = await run(['check-proof', 'seen', '--key', pin, '--witness', makeWitness().line], home)
  expect([another.code, another.out[0]]).toEqual([1, 'NOT PROVEN'])
  await rm(join(home, 'witness'), { recursive: true })
  await run(['proof', exchangeId(1), '--out', 'alone', '--witnessed', 'witness'], home)
  const alone = await run(['check-proof', 'alone', '--key', pin, '--witness', witness.line], home)
  expect(alone.out.join('\n')).toContain('witness.example has not cosigned this checkpoint of gateway-0')
})
