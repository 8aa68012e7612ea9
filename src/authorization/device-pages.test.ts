import { expect, test } from 'bun:test'
import { deviceFlow } from './device-pages.ts'

const flow = deviceFlow({
  config: { applications: new Map() } as never,
  broughtBy: () => undefined,
  sourceOf: () => '192.0.2.1',
})

const HEADERS = { 'x-sallyport-exchange': '01K7A0000000000000000000AA', 'x-sallyport-source': '192.0.2.7' }

/** What a page function drew. */
function drawn(draw: (ctx: never) => unknown): string {
  const page = { headers: HEADERS, set: () => undefined, oidc: { session: { state: { secret: 'xsrf' } } }, body: '' }
  void draw(page as never)
  return page.body.replaceAll(/\s+/g, ' ')
}

const confirm = (client: { readonly clientId: string; readonly clientName?: string }): string =>
  drawn((ctx) => flow.userCodeConfirmSource?.(ctx, '', client as never, { source: '192.0.2.1' }, 'BCDF-GHJK'))

const asked = (error?: Error): string => drawn((ctx) => flow.userCodeInputSource?.(ctx, '', undefined, error))

test('whose device it is, is said by what the program cannot choose before what it calls itself', () => {
  expect(confirm({ clientId: 'https://evil.example/c', clientName: 'Claude Code' })).toContain(
    '<dd>evil.example; it calls itself “Claude Code”</dd>',
  )
  expect(confirm({ clientId: 'registered-x', clientName: 'Claude Code' })).toContain(
    '<dd>a program; it calls itself “Claude Code”</dd>',
  )
  expect(confirm({ clientId: 'registered-x' })).toContain('<dd>a program without a name</dd>')
})

test('what is wrong with a code is told with the field that it was entered in', () => {
  const wrong = asked(Object.assign(new Error('x'), { name: 'NotFoundError' }))
  expect(wrong).toContain('<p role="alert" id="trouble">This code is not valid, or not any more.</p>')
  expect(/<input id="user_code"[^>]*>/.exec(wrong)?.[0]).toContain('aria-describedby="trouble" aria-invalid="true"')
  expect(asked()).not.toContain('aria-')
})
