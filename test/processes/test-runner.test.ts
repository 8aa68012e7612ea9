// `npm test` itself: what Bun's runner would let pass (an early exit, a file that does not load, no test at all) is red.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dir, '../..')
let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'sallyport-runner-'))
})
afterAll(() => rm(place, { recursive: true, force: true }))

async function runTests(
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly last: string }> {
  const paths = await Promise.all(
    Object.entries(files).map(async ([file, text]) => {
      const path = join(place, `${name}-${file}.test.ts`)
      await writeFile(path, `import { expect, test } from 'bun:test'\n${text}\n`)
      return path
    }),
  )
  const child = Bun.spawn([process.execPath, join(root, 'scripts/test.ts'), ...paths], {
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const [out, code] = await Promise.all([child.stdout.text(), child.exited])
  return { code, last: out.trimEnd().split('\n').at(-1) ?? '' }
}

const GOOD = "test('one', () => expect(1).toBe(1))"

test('tests that pass are counted, and the run is green', async () => {
  expect(await runTests('good', { a: GOOD, b: `${GOOD}\ntest('two', () => undefined)` })).toEqual({
    code: 0,
    last: '3 passed, 0 failed',
  })
}, 20_000)

test('a test that fails is counted, and the run is red', async () => {
  expect(await runTests('bad', { a: GOOD, b: "test('two', () => expect(1).toBe(2))" })).toEqual({
    code: 1,
    last: '1 passed, 1 failed',
  })
}, 20_000)

test('a test that ends the process with 0 is a failure, beside others and alone', async () => {
  const exits = "test('leaves', () => process.exit(0))\ntest('never runs', () => expect(1).toBe(2))"
  for (const files of [{ a: exits }, { a: GOOD, b: exits }]) {
    const { code, last } = await runTests(`exit-${Object.keys(files).length}`, files)
    expect(code).toBe(1)
    expect(last).toMatch(/^\d+ passed, [1-9]\d* failed/)
  }
}, 20_000)

test('a file that does not load is a failure, and so is a run without a test', async () => {
  const broken = await runTests('broken', {
    a: GOOD,
    b: "import { nothing } from './not-there.ts'\ntest('x', () => nothing)",
  })
  expect(broken.code).toBe(1)
  expect(broken.last).toMatch(/^1 passed, [1-9]\d* failed/)
  expect((await runTests('empty', { a: '' })).code).toBe(1)
}, 20_000)
