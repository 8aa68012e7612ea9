import { expect, test } from 'bun:test'
import { makeSeal } from './login-seal.ts'

const SECRET = new Uint8Array(32).fill(7)
const NOW = 1_700_000_000_000

const sealAt = (now: number, secret = SECRET) => makeSeal(secret, { now: () => now })

test('what was sealed is read again, for its purpose and within its time only', async () => {
  const sealed = await sealAt(NOW).close('login', { uid: 'abc', issuer: 'okta' }, 60_000)
  expect(sealed).not.toContain('okta')
  expect(await sealAt(NOW + 59_000).open('login', sealed)).toEqual({ uid: 'abc', issuer: 'okta' })
  expect(await sealAt(NOW + 61_000).open('login', sealed)).toBeUndefined()
  expect(await sealAt(NOW).open('consent', sealed)).toBeUndefined()
})

test('what another state directory sealed, or what was changed on the way, is not ours', async () => {
  const sealed = await sealAt(NOW).close('login', { uid: 'abc' }, 60_000)
  expect(await sealAt(NOW, new Uint8Array(32).fill(8)).open('login', sealed)).toBeUndefined()
  const [header = '', , iv = '', text = '', tag = ''] = sealed.split('.')
  const other = text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`
  expect(await sealAt(NOW).open('login', [header, '', iv, other, tag].join('.'))).toBeUndefined()
  expect(await sealAt(NOW).open('login', 'nonsense')).toBeUndefined()
})

test('a secret that could be guessed is refused', () => {
  expect(() => sealAt(NOW, new Uint8Array(31))).toThrow('less than 32 bytes')
})
