import { expect, test } from 'bun:test'
import { nearPaths } from './near-paths.ts'

const here = { cwd: '/home/ada/gate/bundle', home: '/home/ada' }

test.each([
  ['/home/ada/gate/bundle/policies/a.cedar', 'policies/a.cedar'],
  ['/home/ada/gate/provider-key', '../provider-key'],
  ['/home/ada/.sallyport/audit', '~/.sallyport/audit'],
  ['Run: chmod 600 /home/ada/.sallyport/keys/one.key', 'Run: chmod 600 ~/.sallyport/keys/one.key'],
  ['Run: sallyport check /home/ada/gate/bundle', 'Run: sallyport check .'],
  ['/home/ada/gate/key is empty, /home/ada/gate/crt.', '../key is empty, ../crt.'],
])('%s is shown as %s', (text, shown) => {
  expect(nearPaths(text, here)).toBe(shown)
})

test.each([
  '/etc/sallyport/gate.crt',
  '/home/adam/key',
  'https://home.example/home/ada/gate/bundle/v1',
  'file:/home/ada/gate/bundle/key',
  'Look whether vault.url is that of a vault, without /v1.',
  '10.0.0.0/8',
])('%s stays as it is', (text) => {
  expect(nearPaths(text, here)).toBe(text)
})

test('at the root, and without a home, nothing becomes longer or wrong', () => {
  expect(nearPaths('/srv/gate', { cwd: '/', home: '/' })).toBe('/srv/gate')
  expect(nearPaths('/home/ada/key', { cwd: '/srv', home: undefined })).toBe('/home/ada/key')
})
