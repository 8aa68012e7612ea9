// `npm test`: every test this machine can run. Bun's own exit code is not enough: a `process.exit(0)` inside a test ends
// the run with 0 and no summary, so a missing summary is a failure.
import { spawn } from 'node:child_process'

const paths = process.argv.slice(2)
const child = spawn(
  process.execPath,
  [
    '--no-env-file',
    '--config=/dev/null',
    'test',
    '--parallel',
    '--timeout',
    '30000',
    ...(paths.length > 0 ? paths : ['src', 'test', 'scripts', 'bench']),
  ],
  { stdio: ['ignore', 'inherit', 'pipe'], cwd: `${import.meta.dir}/..` },
)
let tail = ''
child.stderr.setEncoding('utf8').on('data', (text: string) => {
  process.stderr.write(text)
  tail = (tail + text).slice(-100_000)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)))

// eslint-disable-next-line no-control-regex -- colour codes of a terminal
const plain = tail.replaceAll(/\u001b\[[0-9;]*m/g, '')
const counted = (word: string): number | undefined => {
  const found = [...plain.matchAll(new RegExp(`^\\s*(\\d+) ${word}$`, 'gm'))].at(-1)?.[1]
  return found === undefined ? undefined : Number(found)
}
const passed = counted('pass')
const failed = counted('fail') ?? 0
const skipped = counted('skip') ?? 0
const broken = passed === undefined || (code !== 0 && failed === 0)
if (broken)
  console.error(passed === undefined ? 'the test runner printed no summary' : `the test runner ended with exit ${code}`)
const failures = broken ? Math.max(1, failed) : failed
console.log(`${passed ?? 0} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failures > 0 || (passed ?? 0) === 0 ? 1 : 0
