// `npm run check`: what CI runs. Every step runs, so that one look shows all that is wrong.
import { spawn } from 'node:child_process'

const root = `${import.meta.dir}/..`
const bun = (...args: string[]): readonly string[] => [process.execPath, '--no-env-file', '--config=/dev/null', ...args]

const STEPS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'format', command: ['node_modules/.bin/oxfmt', '--check', '.'] },
  { name: 'types', command: ['node_modules/.bin/tsc', '-p', '.'] },
  { name: 'lint', command: ['node_modules/.bin/oxlint', '--deny-warnings', 'src', 'test', 'bench', 'scripts'] },
  { name: 'layers', command: bun('scripts/layers.ts') },
  { name: 'unused', command: bun('node_modules/knip/bin/knip-bun.js') },
  { name: 'promises', command: bun('scripts/promises.ts') },
  { name: 'tests', command: bun('scripts/test.ts') },
]

const failed: string[] = []
for (const { name, command } of STEPS) {
  const began = performance.now()
  const code = await run(command)
  console.log(`${code === 0 ? '✓' : '✗'} ${name}  ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
  if (code !== 0) failed.push(name)
}
if (failed.length > 0) console.log(`check failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1

function run([file = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], cwd: root })
  return new Promise((resolve) => {
    child.on('close', (code) => resolve(code ?? 1))
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
  })
}
