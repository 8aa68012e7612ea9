// A log with damaged, missing, doubled or exchanged files: verification never throws, and never says that all is well where
// anything that is signed was changed; and whoever only shows entries shows what can be read.
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { readEntries } from '#audit/read.ts'
import { verifyLog } from '#audit/verify/verify-log.ts'
import { type Damage, damage } from './parts/damage.ts'
import { LOG, type SampleLog, sampleLog } from './parts/sample-log.ts'
import type { FuzzTarget } from './parts/target.ts'

const RUNS = 8

interface Deed {
  readonly file: number
  readonly what: 'damage' | 'remove' | 'exchange'
  readonly damage: Damage
  readonly other: number
}

const deed: fc.Arbitrary<Deed> = fc.record({
  file: fc.nat(),
  what: fc.constantFrom('damage', 'damage', 'damage', 'remove', 'exchange'),
  damage,
  other: fc.nat(),
})

export const target: FuzzTarget = {
  name: 'audit-verify',
  async run(seed) {
    const sample = await sampleLog()
    const deeds = fc.array(deed, { maxLength: 2 })
    await fc.assert(
      fc.asyncProperty(deeds, (done) => judge(sample, done)),
      { seed, numRuns: RUNS },
    )
    return RUNS
  },
}

async function judge(sample: SampleLog, deeds: readonly Deed[]): Promise<void> {
  const files = deeds.reduce(doTo, sample.files)
  const home = await mkdtemp(join(tmpdir(), 'sallyport-fuzz-'))
  try {
    const directory = join(home, LOG)
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(directory, path)), { recursive: true })
      await writeFile(join(directory, path), bytes)
    }
    const report = await verifyLog(directory, { expectedKey: sample.key })
    strictEqual(report.ok, report.problems.length === 0)
    if (deeds.length === 0) ok(report.ok, JSON.stringify(report))
    if (report.ok) deepStrictEqual(signedPart(files), signedPart(sample.files))
    let shown = 0
    for await (const entry of readEntries(directory)) shown += entry.index >= 0 ? 1 : 0
    if (report.ok) ok(shown >= report.entries)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

function doTo(files: ReadonlyMap<string, Buffer>, { file, what, damage: broken, other }: Deed) {
  const paths = [...files.keys()].sort()
  const path = paths[file % paths.length]
  const from = paths[other % paths.length]
  const changed = new Map(files)
  if (path === undefined || from === undefined) return changed
  if (what === 'remove') changed.delete(path)
  if (what === 'damage') changed.set(path, broken(files.get(path) ?? Buffer.alloc(0)))
  if (what === 'exchange') {
    changed.set(path, files.get(from) ?? Buffer.alloc(0))
    changed.set(from, files.get(path) ?? Buffer.alloc(0))
  }
  return changed
}

/** Every tile, and the text of the checkpoint: its further signatures, the journal and white space after a key are not. */
function signedPart(files: ReadonlyMap<string, Buffer>): unknown {
  const tiles = [...files]
    .filter(([path]) => path.startsWith('tile/'))
    .map(([path, bytes]) => [path, bytes.toString('hex')])
  const checkpoint = files.get('checkpoint')?.toString('latin1').split('\n\n')[0]
  return { tiles: tiles.sort(), checkpoint, key: files.get('key.pub')?.toString().trim() }
}
