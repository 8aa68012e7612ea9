// docs/check-proof.py, which shares nothing with us but the specifications: it and `check-proof` say the same of every file.
import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeHomes } from '#audit/test-log.ts'
import { checkProof } from '#audit/verify/check-proof.ts'
import { proofCases } from './tampered-proofs.ts'

const PYTHON = Bun.which('python3')
const CHECKER = join(import.meta.dir, '../../docs/check-proof.py')

const place = await mkdtemp(join(tmpdir(), 'sallyport-python-'))
afterAll(async () => {
  await removeHomes()
  await rm(place, { recursive: true, force: true })
})

const { key, otherKey, cases } = await proofCases()

/** One Python for all of them; it is asked as the command line asks it. */
const ASK_ALL = `
import contextlib, importlib.util, io, sys
spec = importlib.util.spec_from_file_location("checker", sys.argv[1])
checker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checker)
for number in range(int(sys.argv[3])):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            checker.main(sys.argv[2] + "/" + str(number), *sys.argv[4:])
        print("holds")
    except Exception as error:
        print(type(error).__name__)
`
const FORESEEN = new Set(['holds', 'ValueError', 'Error', 'UnicodeDecodeError', 'KeyError', 'IndexError'])

test('every tampering is refused by our own check, and every good proof holds', () => {
  expect(cases.length).toBeGreaterThan(150)
  const wrong = cases.filter(({ file, holds }) => checkProof(file, new Map([['gateway-0', key]])).ok !== holds)
  expect(wrong.map(({ name }) => name)).toEqual([])
})

test.skipIf(PYTHON === null)(
  'every tampering is refused by Python, from the specifications alone, and every good proof holds (needs python3)',
  async () => {
    await Promise.all(cases.map(({ file }, number) => writeFile(join(place, String(number)), file)))
    const asked = Bun.spawnSync([PYTHON ?? '', '-c', ASK_ALL, CHECKER, place, String(cases.length), key])
    expect(asked.stderr.toString()).toBe('')
    const verdicts = asked.stdout.toString().trimEnd().split('\n')
    expect(verdicts).toHaveLength(cases.length)
    const wrong = cases.filter(({ holds }, number) => (verdicts[number] === 'holds') !== holds)
    expect(wrong.map(({ name }) => name)).toEqual([])
    expect(verdicts.filter((verdict) => !FORESEEN.has(verdict))).toEqual([])
  },
  60_000,
)

test.skipIf(PYTHON === null)(
  'on the command line it says what is proven, or that nothing is, and takes no key but the one given (needs python3)',
  async () => {
    const file = join(place, 'proof')
    await writeFile(file, cases[0]?.file ?? '')
    const run = (...args: readonly string[]) => Bun.spawnSync([PYTHON ?? '', CHECKER, ...args])
    const good = run(file, key)
    expect(good.exitCode).toBe(0)
    expect(good.stdout.toString()).toContain('PROVEN: entry 281 of 302 in sallyport/')
    expect(good.stdout.toString()).toContain('"decision": "allow"')
    for (const args of [[file, otherKey], [file], [join(place, 'nowhere'), key], [file, 'x+y+z'], [file, `${key}A`]]) {
      const bad = run(...args)
      expect([args.length, bad.exitCode, bad.stdout.toString()]).toEqual([args.length, 1, ''])
    }
    expect(run(file, otherKey).stderr.toString()).toStartWith('NOT PROVEN: "no key was given for sallyport/')
    expect(run(file, otherKey, key).exitCode).toBe(0)
  },
  30_000,
)

test('it is no longer than a hundred lines, and imports the standard library alone', async () => {
  const text = await readFile(CHECKER, 'utf8')
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(100)
  expect(text.match(/^ *(?:import|from) .*$/gm)).toEqual(['import base64, hashlib, json, re, sys'])
})
