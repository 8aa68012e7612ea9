import { expect, test } from 'bun:test'
import { Refusal } from '#access/refusal.ts'
import { isUnwritable } from './unwritable.ts'

const coded = (code: string): Error => Object.assign(new Error(`${code}: as told`), { code })

test.each([
  ['a log that cannot be opened', new Refusal('audit_unavailable', { message: 'cannot be opened' })],
  ['a full disk', coded('ENOSPC')],
  ['a full disk under SQLite', coded('SQLITE_FULL')],
  ['a read-only disk, wrapped', new Error('the state directory cannot be made', { cause: coded('EROFS') })],
  ['no descriptors', coded('EMFILE')],
])('%s is something to wait for', (_name, error) => {
  expect(isUnwritable(error)).toBe(true)
})

test.each([
  ['a port that is taken', coded('EADDRINUSE')],
  ['a file that is not there', coded('ENOENT')],
  ['a bug', new TypeError('undefined is not a function')],
  ['another refusal', new Refusal('internal', { message: 'no' })],
  ['nothing', undefined],
])('%s is not', (_name, error) => {
  expect(isUnwritable(error)).toBe(false)
})
