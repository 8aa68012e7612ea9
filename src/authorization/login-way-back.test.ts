import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { makeSeal } from './login-seal.ts'
import { waysBack } from './login-way-back.ts'
import type { Page } from './plug.ts'

const STATE = 'state-of-this-login-0123456789'
const ways = waysBack(makeSeal(new Uint8Array(32).fill(7), { now: () => 1_000_000 }), 'https://gate.example')

/** A browser that set out to log in at this issuer. */
async function setOut(issuer: string): Promise<Map<string, string>> {
  const jar = new Map<string, string>()
  const append = (_name: string, line: string): void => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    jar.set(name, value)
  }
  const begun = { issuer, state: STATE, nonce: 'nonce', verifier: 'verifier' }
  await ways.prepare({ append } as unknown as Page, { uid: 'uid', begun })
  return jar
}

function comeBack(jar: ReadonlyMap<string, string>, path: string, query = `code=x&state=${STATE}`): Promise<string> {
  const headers = { cookie: ['other=x', ...[...jar].map(([name, value]) => `${name}=${value}`), 'more=y'].join('; ') }
  return ways.take({ path, querystring: query, headers, append: () => undefined } as unknown as Page).then(
    ({ begun }) => begun.issuer,
    (error: unknown) => (error instanceof Refusal ? error.reason : 'a bug'),
  )
}

test('a login ends where the issuer that it was begun at sends the browser, and nowhere else', async () => {
  const jar = await setOut('partner')
  expect(await comeBack(jar, '/oauth/login/callback/partner')).toBe('partner')
  for (const path of [
    '/oauth/login/callback/org',
    '/oauth/login/callback/Partner',
    '/oauth/login/callback/partner2',
    '/oauth/login/callback',
    '/oauth/login/callback/',
  ]) {
    expect([path, await comeBack(jar, path)]).toEqual([path, 'session_ended'])
  }
})

test('a login ends in the browser that it was begun in, under its own state, said once', async () => {
  const jar = await setOut('org')
  const path = '/oauth/login/callback/org'
  expect(await comeBack(new Map(), path)).toBe('session_ended')
  expect(await comeBack(jar, path, 'code=x&state=state-of-this-login-another-one')).toBe('session_ended')
  expect(await comeBack(jar, path, `code=x&state=${STATE}&state=${STATE}`)).toBe('session_ended')
  expect(await comeBack(jar, path, 'code=x')).toBe('session_ended')
})

test('a cookie whose name only ends or begins like the login’s is none of it', async () => {
  const jar = await setOut('org')
  const path = '/oauth/login/callback/org'
  for (const rename of [
    (name: string) => `x${name}`,
    (name: string) => `${name}x`,
    (name: string) => name.slice(0, -1),
  ]) {
    const other = new Map([...jar].map(([name, value]) => [rename(name), value]))
    expect(await comeBack(other, path)).toBe('session_ended')
  }
  expect(await comeBack(jar, path)).toBe('org')
})
