// Checkpoints, verifier keys and proof files, damaged anyhow: refused with a sentence, or they say what they said. What is read of
// a note, put together again as the specification writes it, is the note.
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import * as fc from 'fast-check'
import { checkProof } from '#audit/verify/check-proof.ts'
import { readNote } from '#audit/verify/note-text.ts'
import { readProofs } from '#audit/verify/proof-text.ts'
import { readCheckpoint, readVerifierKey } from '#audit/verify/signed-note.ts'
import { type Damage, damage } from './parts/damage.ts'
import { LOG, type SampleLog, sampleLog } from './parts/sample-log.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 60
const PROOFS = 30

/** The last digit before padding has bits that nobody reads: another spelling of the same bytes. */
const respelled: fc.Arbitrary<Damage> = fc.nat({ max: 3 }).map((which): Damage => (bytes) => {
  let at = -1
  return Buffer.from(
    bytes.toString().replaceAll(/([A-Za-z0-9+/])(=+\n)/g, (all, digit: string, padding: string) => {
      at += 1
      return at === which ? `${DIGITS[DIGITS.indexOf(digit) ^ 1] ?? ''}${padding}` : all
    }),
  )
})
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const harm = fc.oneof({ weight: 6, arbitrary: damage }, { weight: 1, arbitrary: respelled })

export const target: FuzzTarget = {
  name: 'audit-notes',
  async run(seed) {
    const sample = await sampleLog()
    fc.assert(
      fc.property(harm, (broken) => judgeNote(sample, broken)),
      { seed, numRuns: RUNS },
    )
    fc.assert(
      fc.property(harm, (broken) => judgeKey(sample, broken)),
      { seed, numRuns: RUNS },
    )
    fc.assert(
      fc.property(harm, (broken) => judgeProof(sample, broken)),
      { seed, numRuns: PROOFS },
    )
    return 2 * RUNS + PROOFS
  },
}

function judgeNote({ files, key }: SampleLog, broken: Damage): void {
  const sound = files.get('checkpoint') ?? Buffer.alloc(0)
  const bytes = broken(sound)
  const verifier = readVerifierKey(key)
  ok(verifier)
  const note = readNote(bytes)
  const checkpoint = readCheckpoint(bytes, verifier)
  strictEqual(typeof checkpoint, typeof note)
  if (typeof note === 'string' || typeof checkpoint === 'string') return
  const lines = note.signatures.map(({ name, id, bytes: signature }) => {
    return `\u2014 ${name} ${Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64')}\n`
  })
  // Lines of strangers in another spelling are left out.
  ok(bytes.toString().startsWith(`${note.body}\n`))
  for (const line of lines) ok(bytes.toString().includes(line))
  const [origin, size, root] = note.body.split('\n')
  deepStrictEqual([note.origin, String(note.size), note.root.toString('base64')], [origin, size, root])
  if (checkpoint.signature === 'holds') strictEqual(note.body, sound.toString().split('\n\n')[0]?.concat('\n'))
}

function judgeKey({ key }: SampleLog, broken: Damage): void {
  const line = broken(Buffer.from(key)).toString()
  const read = readVerifierKey(line)
  if (read) strictEqual(line.replace(/\n$/, ''), key)
}

function judgeProof({ proof, key }: SampleLog, broken: Damage): void {
  const bytes = broken(proof)
  const sound = readProofs(proof)
  const read = readProofs(bytes)
  const report = checkProof(bytes, new Map([[LOG, key]]))
  strictEqual(report.ok, report.problems.length === 0 && report.unkeyed.length === 0)
  if (!report.ok) return
  ok(typeof read !== 'string' && typeof sound !== 'string')
  // Some of the entries, in some order, under the very same head: nothing else can be shown.
  const known = new Map(sound.map((each) => [each.index, each]))
  for (const { entry, index, path, checkpoint } of read) {
    const original = known.get(index)
    deepStrictEqual([entry, path, checkpoint.body], [original?.entry, original?.path, original?.checkpoint.body])
  }
}
