// npm run fuzz [-- SECONDS] [--target NAME] [--seed N]: runs the fuzz targets for that long (60 s unless told).
// A failure prints the words that run it again.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { fuzz, loadTargets } from '../test/fuzz/parts/target.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { target: { type: 'string' }, seed: { type: 'string' } },
})
const seconds = Number(positionals[0] ?? 60)
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const all = await loadTargets()
const targets = values.target === undefined ? all : all.filter(({ name }) => name === values.target)

if (positionals.length > 1 || !(seconds >= 0) || !Number.isInteger(seed) || targets.length === 0) {
  console.error('usage: npm run fuzz [-- SECONDS] [--target NAME] [--seed N]')
  console.error(`targets: ${all.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const { cases, failures } = await fuzz(targets, {
  seed,
  until: { milliseconds: seconds * 1000, now: () => performance.now() },
})
for (const [name, count] of cases) console.log(`${name.padEnd(24)}${count} cases`)
for (const { target, seed: failed, error } of failures) {
  console.log(`\n${target} failed with seed ${failed}:`)
  console.log(error instanceof Error ? (error.stack ?? error.message) : error)
  console.log(`again: npm run fuzz -- 0 --target ${target} --seed ${failed}`)
}
console.log(`\n${failures.length} failed, first seed ${seed}`)
process.exitCode = failures.length === 0 ? 0 : 1
