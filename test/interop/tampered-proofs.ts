// Proof files, and what somebody could do to them: for every checker of proofs.
import { proofsOfEntries } from '#audit/proofs-of-entries.ts'
import { decisionOf, exchangeId, makeHome, openTestLog, outcomeOf } from '#audit/test-log.ts'

export interface ProofCase {
  readonly name: string
  readonly file: Buffer
  readonly holds: boolean
}

export interface Proofs {
  /** The verifier key of the log, in note form. */
  readonly key: string
  /** Of a log with the same name and another key. */
  readonly otherKey: string
  readonly cases: readonly ProofCase[]
}

/** MUST be followed by `removeHomes`. */
export async function proofCases(): Promise<Proofs> {
  const home = await makeHome()
  const log = await openTestLog(home)
  for (let count = 0; count < 150; count++) {
    await log.append(decisionOf(exchangeId(count)), 'process')
    await log.append(outcomeOf(exchangeId(count)), 'process')
  }
  await log.integrate()
  const proofOf = (...indices: readonly number[]) =>
    proofsOfEntries(
      { auditDirectory: home.audit },
      indices.map((index) => ({ log: 'gateway-0', index })),
    )
  const earlier = await proofOf(282)
  await log.append(outcomeOf(exchangeId(999)), 'process')
  await log.close()
  const proof = await proofOf(281, 282)
  const other = await makeHome()
  const forger = await openTestLog(other, { seed: 'forger' })
  await forger.append(decisionOf(exchangeId(140)), 'process')
  await forger.close()
  const forged = await proofsOfEntries({ auditDirectory: other.audit }, [{ log: 'gateway-0', index: 1 }])
  const good = [
    ['a whole exchange', proof],
    ['a decision alone', await proofOf(281)],
    ['the last entry', await proofOf(301)],
    ['under an earlier checkpoint', earlier],
    ['the first exchange', await proofOf(1, 2)],
    ['beside a signature of others', `${proof}\u2014 witness.example/w ${Buffer.alloc(76, 5).toString('base64')}\n`],
    ['beside a signature of others of another form', `${proof}\u2014 witness.example/w AAAAAAB=\n`],
  ] as const
  const bad = [
    ...named(proof, { earlier, forged, another: await proofOf(7, 8), birth: await proofOf(0) }, log.verifierKey),
  ]
  return {
    key: log.verifierKey,
    otherKey: forger.verifierKey,
    cases: [
      ...good.map(([name, file]) => ({ name, file: Buffer.from(file), holds: true })),
      ...bad.map(([name, file]) => ({ name, file: Buffer.from(file), holds: false })),
      ...flipped(proof).map(([name, file]) => ({ name, file, holds: false })),
    ],
  }
}

type Tampered = readonly [name: string, file: string]

interface Others {
  readonly earlier: string
  readonly forged: string
  readonly another: string
  readonly birth: string
}

function* named(proof: string, { earlier, forged, another, birth }: Others, key: string): Generator<Tampered> {
  const [first = ''] = proof.split(/^(?=c2sp)/m)
  const [, ofAnother = ''] = another.split(/^(?=c2sp)/m)
  const reword = (from: string, to: string): string =>
    proof.replaceAll(/^extra (.*)$/gm, (_, coded: string) => {
      const entry = Buffer.from(coded, 'base64').toString().replace(from, to)
      return `extra ${Buffer.from(entry).toString('base64')}`
    })
  yield ['a reworded decision', reword('"allow"', '"deny"')]
  yield ['another person', reword('alice', 'mallory')]
  yield ['another time', reword('2026-01-02', '2026-01-03')]
  yield ['an added space', reword('{', '{ ')]
  yield ['no entry', proof.replace(/^extra .*\n/m, '')]
  yield ['an empty entry', proof.replace(/^extra .*\n/m, 'extra \n')]
  for (const index of ['280', '282', '302', '0281', '-1', '281.0', '', '99999999999999999999'])
    yield [`index ${index}`, proof.replace('index 281', `index ${index}`)]
  yield ['a hash left out', proof.replace(/(index 281\n).*\n/, '$1')]
  yield ['a hash doubled', proof.replace(/(index 281\n(.*)\n)/, '$1$2\n')]
  yield ['two hashes swapped', proof.replace(/(index 281\n)(.*\n)(.*\n)/, '$1$3$2')]
  yield ['no hash at all', proof.replace(/(index 281\n)[^]*?\n\n/, '$1\n')]
  yield ['a short hash', proof.replace(/(index 281\n).*\n/, '$1AAAA\n')]
  yield ['another size', proof.replaceAll('\n302\n', '\n303\n')]
  yield ['a size of zeros before', proof.replaceAll('\n302\n', '\n0302\n')]
  yield ['another origin', proof.replaceAll('/gateway-0\n', '/gateway-1\n')]
  yield ['an extension line', proof.replaceAll(/(\n302\n.*\n)/g, '$1extension\n')]
  yield ['no signature', proof.replaceAll(/\u2014 .*\n/g, '')]
  yield ['a signature by another name', proof.replaceAll(/\u2014 \S+/g, '\u2014 somebody/else')]
  yield ['a second signature of the log that does not hold', withSecondSignature(proof)]
  yield ['the signature of another checkpoint', first.replace(/\u2014 .*\n$/, /\u2014 .*\n$/.exec(earlier)?.[0] ?? '')]
  yield ['a malformed signature of the log', `${proof}\u2014 ${/\u2014 (\S+) /.exec(proof)?.[1]} !!!!\n`]
  yield ['a malformed signature of others', `${proof}\u2014 witness.example/w !!!!\n`]
  yield ['a line among the signatures that is none', `${proof}witness.example/w AAAAAAAA\n`]
  yield ['one entry twice', first + first]
  yield ['entries of two exchanges', first + ofAnother]
  yield ['two trees of one log', first + earlier]
  yield ['an entry that is of no exchange', birth]
  yield ['a log of the same name by another key', forged]
  yield [
    'the same, under the name of our key',
    forged.replaceAll(/sallyport\/[0-9a-f]{8}/g, key.split('/gateway')[0] ?? ''),
  ]
  yield ['something before', `\n${proof}`]
  yield ['something after', `${proof}x`]
  yield ['another version', proof.replaceAll('@v1', '@v2')]
  yield ['carriage returns', proof.replaceAll('\n', '\r\n')]
  yield ['cut in the middle', proof.slice(0, proof.length / 2)]
  yield ['without its last newline', proof.slice(0, -1)]
  yield ['empty', '']
}

const withSecondSignature = (proof: string): string =>
  proof.replaceAll(/(\u2014 \S+ )(\S{40})(.)(.*)\n/g, (line, start: string, head: string, at: string, rest: string) => {
    return `${line}${start}${head}${at === 'A' ? 'B' : 'A'}${rest}\n`
  })

/** A bit of every nineteenth byte, and the spare bits of the signature. */
function* flipped(proof: string): Generator<readonly [name: string, file: Buffer]> {
  const bytes = Buffer.from(proof)
  for (let at = 0; at < bytes.length; at += 19) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 7))
    yield [`a bit of byte ${at}`, changed]
  }
  const last = /(.)=\n$/.exec(proof)?.[1] ?? ''
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  for (const letter of letters)
    if (letter !== last) yield [`ends in ${letter}`, Buffer.from(proof.replace(/.=\n$/, `${letter}=\n`))]
}
