// The check of who may import whom, on a copy of the sources with a breach planted: it has to be seen.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkLayers } from '../../scripts/layers.ts'

const root = join(import.meta.dir, '../..')
let copy: string

beforeAll(async () => {
  copy = await copyOf(['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.mjs', 'scripts'])
})
afterAll(() => rm(copy, { recursive: true, force: true }))

async function copyOf(names: readonly string[]): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-layers-'))
  const filter = (path: string): boolean => !path.endsWith('.test.ts')
  for (const name of names) await cp(join(root, name), join(place, name), { recursive: true, filter })
  await symlink(join(root, 'node_modules'), join(place, 'node_modules'))
  return place
}

test('every breach is found, with its rule, from where and to what', async () => {
  const sound = await checkLayers(copy)
  expect(sound.breaches).toEqual([])
  expect(sound.modules).toBeGreaterThan(100)
  expect(await layersCommand(copy)).toMatchObject({ code: 0, err: '' })

  const plant = (file: string, line: string): Promise<void> => appendFile(join(copy, file), `\n${line}\n`)
  await plant('src/policy/authorize.ts', "export { makeJwtAuthenticator } from '#identity/jwt.ts'")
  await plant('src/lib/ulid.ts', "export { printUid } from '#access/value.ts'")
  await plant('src/access/value.ts', "export { z } from 'zod'")
  await plant('src/gateway/serve.ts', "export { takeLock } from '#store/lock.ts'")
  await plant('src/audit/verify/merkle.ts', "import type { AuditLog } from '#audit/audit-log.ts'")
  await plant('src/audit/witness/memory.ts', "export { publish } from '#audit/publish.ts'")
  await plant('src/audit/witness/trust.ts', "export { witnessChore } from './witness-chore.ts'")
  await plant('src/commands/audit.ts', "export { makeHome } from '#audit/test-log.ts'")
  await plant('src/demo/pieces.ts', "import type { Access } from '#access/access.ts'")

  const { breaches } = await checkLayers(copy)
  const found = breaches.map(
    ({ rule, from, to }) => `${rule}: ${from} → ${to.replace(/^.*node_modules\/(@?[^/]+).*$/, '$1')}`,
  )
  expect(found.toSorted()).toEqual([
    'access-is-vocabulary: src/access/value.ts → zod',
    'demo-may-import: src/demo/pieces.ts → src/access/access.ts',
    'gateway-may-import: src/gateway/serve.ts → src/store/lock.ts',
    'lib-may-import: src/lib/ulid.ts → src/access/value.ts',
    'policy-may-import: src/policy/authorize.ts → src/identity/jwt.ts',
    'the-verifier-shares-no-code-with-the-writer: src/audit/verify/merkle.ts → src/audit/audit-log.ts',
    'the-witness-shares-no-code-with-the-writer: src/audit/witness/memory.ts → src/audit/publish.ts',
    'the-witness-shares-no-code-with-the-writer: src/audit/witness/trust.ts → src/audit/witness/witness-chore.ts',
    'what-is-for-tests-stays-with-tests: src/commands/audit.ts → src/audit/test-log.ts',
  ])
}, 120_000)

test('the command is red for a breach, and for sources of which it sees too little', async () => {
  const small = await copyOf(['package.json', 'tsconfig.json', '.dependency-cruiser.mjs', 'scripts'])
  try {
    await mkdir(join(small, 'src/lib'), { recursive: true })
    await writeFile(join(small, 'src/lib/one.ts'), 'export const one = 1\n')
    expect(await layersCommand(small)).toMatchObject({
      code: 1,
      err: expect.stringContaining('only 1 modules were found'),
    })
    expect(await layersCommand(copy)).toMatchObject({
      code: 1,
      err: expect.stringContaining('src/gateway/serve.ts → src/store/lock.ts: gateway-may-import'),
    })
  } finally {
    await rm(small, { recursive: true, force: true })
  }
}, 120_000)

async function layersCommand(
  place: string,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  expect(await readFile(join(place, 'scripts/layers.ts'), 'utf8')).toContain('LEAST_MODULES')
  const child = Bun.spawn([process.execPath, 'scripts/layers.ts'], { cwd: place, stdout: 'pipe', stderr: 'pipe' })
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, out, err }
}
