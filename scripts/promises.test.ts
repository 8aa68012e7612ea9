import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenPromises } from './promises.ts'

async function tree(guarantees: string, readme = ''): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'promises-'))
  await mkdir(join(root, 'docs/problems'), { recursive: true })
  await writeFile(join(root, 'docs/guarantees.md'), guarantees)
  await writeFile(join(root, 'README.md'), readme)
  await writeFile(join(root, 'a.test.ts'), "test('it holds', () => {})")
  return root
}

const about = async (root: Promise<string>): Promise<readonly string[]> =>
  brokenPromises(await root).filter((line) => !line.startsWith('docs/problems'))

test('a promise that cites a test that is there is kept', async () => {
  const kept = '- **G-X-1** (IAM-01) It holds. Kept by: [a.test.ts](../a.test.ts) "it holds"'
  expect(await about(tree(kept, 'see G-X-1'))).toEqual([])
})

test('a promise that cites no test, no file, or no such test is broken', async () => {
  expect(await about(tree('- **G-X-1** (IAM-01) It holds.'))).toEqual([
    'docs/guarantees.md: not a promise with its test: - **G-X-1** (IAM-01) It holds.',
  ])
  expect(await about(tree('- **G-X-1** (IAM-01) It holds. Kept by: nobody'))).toEqual(['G-X-1 cites no test'])
  expect(await about(tree('- **G-X-1** (a) b. Kept by: [b.test.ts](../b.test.ts) "x"'))).toEqual([
    'G-X-1 cites b.test.ts, which is not there',
    'docs/guarantees.md links to ../b.test.ts, which is not there',
  ])
  expect(await about(tree('- **G-X-1** (a) b. Kept by: [a.test.ts](../a.test.ts) "it does"'))).toEqual([
    'G-X-1 cites a.test.ts, which has no test "it does"',
  ])
})

test('a name in a comment, in an import or of a skipped test keeps nothing', async () => {
  const root = await tree('- **G-X-1** (a) b. Kept by: [c.test.ts](../c.test.ts) "it holds"')
  await writeFile(
    join(root, 'c.test.ts'),
    "// it holds\nimport x from 'it holds'\ntest.skipIf(true)('it holds', () => {})",
  )
  expect(await about(Promise.resolve(root))).toEqual(['G-X-1 cites c.test.ts, which has no test "it holds"'])
})

test('the readme promises nothing else', async () => {
  const kept = '- **G-X-1** (IAM-01) It holds. Kept by: [a.test.ts](../a.test.ts) "it holds"'
  expect(await about(tree(kept, 'G-X-1 and G-X-2'))).toEqual(['README.md: G-X-2 is not in docs/guarantees.md'])
})

test('a link between pages that leads nowhere is named', async () => {
  const root = await tree('', 'see [a](docs/guarantees.md), [b](docs/nowhere.md) and [c](https://example.com)')
  expect(brokenPromises(root)).toContain('README.md links to docs/nowhere.md, which is not there')
  expect(brokenPromises(root).filter((line) => line.includes('links to'))).toHaveLength(1)
})

test('a reason without a page is named', async () => {
  expect(brokenPromises(await tree(''))).toContain('docs/problems/not_permitted.md is missing')
})
