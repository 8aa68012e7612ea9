// Bundles made to keep `check` and a reload busy: each is refused within the time that a test has.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { CLINIC, loadClinic, printed, settingsWith, writeFiles } from './clinic-fixture.ts'
import { loadBundle } from './load-bundle.ts'
import { nearest } from './nearest.ts'
import { collectProblems, type Problem, quote } from './problem.ts'

const numbers = (length: number): readonly number[] => Array.from({ length }, (_, at) => at)

test('thirty-two thousand wrong keys are refused with the first two hundred', async () => {
  const loading = await loadClinic({
    'sallyport.yaml': numbers(32_000)
      .map((at) => `k${at}: {a: 1}`)
      .join('\n'),
  })
  const lines = printed(loading)
  expect(lines).toHaveLength(201)
  expect(lines[0]).toStartWith('sallyport.yaml:1:1 k0: is not a known key')
  expect(lines[199]).toStartWith('sallyport.yaml:200:1 k199: is not a known key')
  expect(lines[200]).toBe('sallyport.yaml:201:1 : and more | Fix these first.')
})

test('thirty-two thousand names in a list, one of them twice, cost what they are', async () => {
  const names = [...numbers(32_000), 5].map((at) => `harbor:g${at}`).join(', ')
  const lines = printed(await loadClinic(settingsWith(['clinicians: [harbor:clinicians]', `clinicians: [${names}]`])))
  expect(lines).toEqual([
    'sallyport.yaml:5:468906 teams.clinicians[32000]: stands twice in the list | Remove one of the two.',
  ])
})

test('the key that stands twice is still told where it does', async () => {
  const lines = printed(await loadClinic({ 'sallyport.yaml': `${CLINIC['sallyport.yaml']}\nmodels: {}\n` }))
  expect(lines.filter((line) => line.includes('has the same key twice'))).toHaveLength(1)
})

test('an error after many warnings is still told, and so is that there is more', () => {
  const { report, problems } = collectProblems()
  const problem = (severity: Problem['severity'], line: number): Problem => {
    return { severity, line, column: 1, file: 'sallyport.yaml', path: '', message: 'x', fix: 'y' }
  }
  for (const line of numbers(500)) report(problem('warning', line))
  report(problem('error', 7))
  expect(problems()).toHaveLength(202)
  expect(problems().filter(({ severity }) => severity === 'error')).toHaveLength(1)
  expect(problems().at(-1)).toMatchObject({ severity: 'warning', message: 'and more' })
})

test('what is quoted is looked at only as far as it could be shown', () => {
  expect(quote(`//${':'.repeat(400_000)}`)).toBe(`"//${':'.repeat(78)}…"`)
  expect(quote('see https://me:secret@example.com/')).toBe('(hidden: it looks like a secret)')
})

test('a near word is looked for among a thousand', () => {
  const known = [...numbers(999).map((at) => `name-${at}-of-many`), 'tier', 'tear']
  expect(nearest('teir', known)).toBe('tier')
  expect(nearest('tearr', known)).toBeUndefined()
})

test('a pipe among the policies is not waited for', async () => {
  const directory = await writeFiles(CLINIC)
  expect(spawnSync('mkfifo', [join(directory, 'policies/pipe.cedar')]).status).toBe(0)
  expect(printed(await loadBundle(directory))).toEqual([
    'policies/pipe.cedar:0:0 : is not a regular file | Put a file there, or remove it.',
  ])
})
