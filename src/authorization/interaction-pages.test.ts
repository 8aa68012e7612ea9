import { describe, expect, test } from 'bun:test'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { renderPage } from './interaction-page.ts'
import { choicePage, consentPage } from './interaction-pages.ts'
import { actionInWords, askedFor } from './interaction-wish.ts'

const body = (page: Parameters<typeof renderPage>[0]): string => renderPage(page).body.replaceAll(/\s+/g, ' ')

const consent = (params: Readonly<Record<string, unknown>>, redirect?: string): string =>
  body(
    consentPage({
      uid: 'abc',
      token: 'the-token',
      client: { kind: 'document', name: 'Nice & "good"', host: 'client.example' },
      person: 'org/alice',
      ...(redirect !== undefined && { redirect }),
      asked: askedFor(params),
    }),
  )

describe('the question whether a client may act', () => {
  test('says who asks, for whom, for what, and where the answer goes', () => {
    const details = [
      { type: 'sallyport_task', task: 'letters', domain: 'customer 7', models: ['desk'], actions: ['infer'] },
    ]
    const page = consent(
      { scope: 'infer offline_access', authorization_details: JSON.stringify(details) },
      'https://client.example/cb',
    )
    for (const words of [
      'May client.example act for you?',
      'client.example; it calls itself “Nice &amp; &quot;good&quot;”',
      'org/alice',
      'ask models, and read their answers (infer)',
      'stay logged in until the session ends (offline_access)',
      'letters, about customer 7, with the models desk, to infer',
      'name="token" value="the-token"',
    ]) {
      expect(page).toContain(words)
    }
  })

  test('has words for every action, and the name of each', () => {
    const page = consent({ scope: 'fetch-url web-search use-mcp use-hosted-tool' })
    for (const words of [
      'have providers fetch addresses (fetch-url)',
      'have providers search the web (web-search)',
      'have providers use MCP servers (use-mcp)',
      'have providers use tools that they hold (use-hosted-tool)',
    ]) {
      expect(page).toContain(words)
    }
    for (const action of MODEL_ACTIONS) expect(actionInWords(action)).toEndWith(` (${action})`)
  })

  test('lets its form end at the client, and nowhere else', () => {
    const page = consentPage({
      uid: 'abc',
      token: 't',
      client: { kind: 'program', name: 'x' },
      person: 'alice',
      redirect: 'http://127.0.0.1:53017/cb',
      asked: askedFor({}),
    })
    expect(renderPage(page).headers['content-security-policy']).toContain("form-action 'self' http://127.0.0.1:53017;")
  })

  test('of a client that names nothing in particular is about everything', () => {
    expect(consent({})).toContain('whatever you may do here')
    expect(consent({})).toContain('the device that shows the code')
  })
})

test('an issuer is chosen by a link, whatever it is called', () => {
  const issuers = [{ name: 'a/b"><script>', host: 'login.example' }]
  const page = body(choicePage({ uid: 'abc', issuers, client: { kind: 'program', name: undefined } }))
  expect(page).toContain('href="/oauth/login/abc/at/a%2Fb%22%3E%3Cscript%3E"')
  expect(page).not.toContain('<script>')
})
