import { expect, test } from 'bun:test'
import { hashBundle } from './hash.ts'

test('a bundle hash is what sha256sum says of its listing', () => {
  // printf 'a\n' > a; printf '' > b/c; sha256sum a b/c | sha256sum
  const files = new Map([
    ['b/c', ''],
    ['a', 'a\n'],
  ])
  expect(hashBundle(files)).toBe('5bb53b2f81bc81decfe2813cd7d5abbc858c16a97504915902807651bbb0685d')
})
