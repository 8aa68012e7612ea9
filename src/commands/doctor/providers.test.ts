import { expect, test } from 'bun:test'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { around, fixes, type Page, pagesOf, partsOf, told } from './pages.fixture.ts'
import { checkProviders } from './providers.ts'

const MODELS = 'https://llm.example/v1/models'
const SECRET = 'sk-test-0123456789abcdef'
const LIST: Page = { body: { object: 'list', data: [{ id: 'gpt-small' }, { id: 'gpt-large' }] } }

async function examine(pages: Readonly<Record<string, Page>>, ...changes: readonly (readonly [string, string])[]) {
  const { look, asked } = pagesOf(pages)
  const found = await checkProviders(await partsOf(...changes), around(look, { KEY: SECRET }), undefined)
  expect(JSON.stringify(found)).not.toContain(SECRET)
  return { found, asked }
}

test('a provider that takes the credential and knows the model is right, and is asked one question', async () => {
  const { found, asked } = await examine({ [MODELS]: LIST })
  expect(told(found)).toEqual([
    'ok provider main: llm.example: TLS is right; answers in 7 ms',
    'ok credential main: accepted',
    'ok models main: knows 1 of 1 model of the bundle',
  ])
  expect(asked).toEqual([{ url: MODELS, headers: { authorization: `Bearer ${SECRET}` } }])
})

test('Anthropic is asked as it wants to be', async () => {
  const { asked } = await examine({ [MODELS]: LIST }, ['kind: openai', 'kind: anthropic'])
  expect(asked).toEqual([{ url: MODELS, headers: { 'anthropic-version': '2023-06-01', 'x-api-key': SECRET } }])
})

test('a credential that is not accepted is wrong; one that may not list models is not known', async () => {
  expect(told((await examine({ [MODELS]: { status: 401 } })).found)).toEqual([
    'ok provider main: llm.example: TLS is right; answers in 7 ms',
    'wrong credential main: is not accepted (401)',
    'not-known models main: 1 model: it gives no list to compare with',
  ])
  expect(told((await examine({ [MODELS]: { status: 403 } })).found)[1]).toBe(
    'not-known credential main: it may not list models (403), which says nothing of what else it may',
  )
  expect(told((await examine({ [MODELS]: { status: 404 } })).found)[1]).toBe(
    'not-known credential main: the list of models is answered with 404',
  )
})

test('a provider that asks for a credential that the bundle does not have', async () => {
  const { found } = await examine({ [MODELS]: { status: 401 } }, [
    'kind: openai, url: https://llm.example/v1, credential: env:KEY',
    'kind: openai-compatible, url: https://llm.example/v1',
  ])
  expect(told(found)[1]).toBe('wrong credential main: it asks for one (401), and the bundle has none')
})

test('a backend that asks for identity answers 401 to who brings none, as the doctor does: nothing is known of it', async () => {
  const line =
    'not-known credential main: it answers 401 without x-sallyport-identity, which it asks for (identity:), and the doctor makes no such token'
  for (const credential of ['', ', credential: env:KEY']) {
    const { found } = await examine({ [MODELS]: { status: 401 } }, [
      'kind: openai, url: https://llm.example/v1, credential: env:KEY',
      `kind: openai-compatible, url: https://llm.example/v1, identity: { audience: backend }${credential}`,
    ])
    expect(told(found)[1]).toBe(line)
    expect(found.some(({ verdict }) => verdict === 'wrong')).toBe(false)
  }
})

test.each([
  [
    'certificate',
    'has a certificate that has expired',
    'wrong provider main: llm.example has a certificate that has expired',
  ],
  ['connection', 'takes no connection', 'wrong provider main: llm.example takes no connection'],
  ['address', 'llm.example leads to 10.0.0.1', 'wrong provider main: llm.example leads to 10.0.0.1'],
] as const)(
  'one that cannot be asked (%s) is wrong, and of its models nothing is known',
  async (trouble, said, line) => {
    const { found } = await examine({ [MODELS]: { ok: false, trouble, said } })
    expect(told(found)).toEqual([line, 'not-known models main: 1 model: it could not be asked'])
  },
)

test('a redirect is wrong, and shows where to without its query', async () => {
  const { found } = await examine({
    [MODELS]: { status: 308, headers: { location: 'https://api.llm.example/v1/models?k=secret' } },
  })
  expect(told(found)[0]).toBe(
    'wrong provider main: redirects to https://api.llm.example/v1/models, and the gate follows no redirect',
  )
})

test('a provider in trouble is a warning', async () => {
  expect(told((await examine({ [MODELS]: { status: 503 } })).found)[0]).toBe(
    'warn provider main: llm.example: TLS is right; answers in 7 ms, with 503',
  )
})

test('a model that it does not know is wrong, with the nearest that it does', async () => {
  const { found } = await examine({ [MODELS]: LIST }, ['main/gpt-small', 'main/gpt-smal'])
  expect(told(found)[2]).toBe('wrong model main/gpt-smal: is not among the 2 models that it lists')
  expect(fixes(found)[2]).toBe('Did you mean gpt-small?')
})

test('a compatible server may serve what it does not list: a warning', async () => {
  const { found } = await examine(
    { [MODELS]: LIST },
    ['kind: openai', 'kind: openai-compatible'],
    ['main/gpt-small', 'main/my-deployment'],
  )
  expect(told(found)[2]).toBe('warn model main/my-deployment: is not among the 2 models that it lists')
})

test('an alias stands in no list, and is known when it is asked for by name', async () => {
  const { found, asked } = await examine(
    { [MODELS]: LIST, [`${MODELS}/gpt%2Fnewest`]: { body: { id: 'gpt-large' } } },
    ['main/gpt-small', 'main/gpt/newest'],
  )
  expect(told(found)[2]).toBe('ok models main: knows 1 of 1 model of the bundle')
  expect(asked.map(({ url }) => url)).toEqual([MODELS, `${MODELS}/gpt%2Fnewest`])
})

test('a list that is none is no list', async () => {
  for (const body of ['<html>', '[]', { data: 1 }]) {
    const { found } = await examine({ [MODELS]: { body } })
    expect(told(found)[2]).toBe('not-known models main: 1 model: it gives no list to compare with')
  }
})

test('a file with two words in it is no credential, and nothing of it is shown or sent', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'sallyport-doctor-')), 'key')
  await writeFile(path, `${SECRET}\n${SECRET}\n`, { mode: 0o600 })
  const { found, asked } = await examine({ [MODELS]: { status: 401 } }, ['env:KEY', `file:${path}`])
  expect(told(found)[1]).toBe('wrong credential main: holds more than one word, or characters that no header carries')
  expect(asked).toEqual([{ url: MODELS, headers: {} }])
})

test('a file that is not there is told in the words of the bundle, and the provider is asked all the same', async () => {
  const { found } = await examine({ [MODELS]: { status: 401 } }, ['env:KEY', 'file:missing'])
  expect(told(found).slice(0, 2)).toEqual([
    'ok provider main: llm.example: TLS is right; answers in 7 ms',
    'wrong credential main: refers to a file that does not exist: missing',
  ])
})
