import { expect, test } from 'bun:test'
import { type Term, termsOf } from './search-terms.ts'

const AT = { index: 7, id: '01KDYAK3SE0000000000000001', time: '2026-01-02T03:04:05.678Z' }

const terms = (kind: string, fields: object): readonly Term[] => termsOf({ ...AT, kind, ...fields })

test('a session is found by itself, by the one that it is below, by its client, and by why it ended', () => {
  const chain = [
    { type: 'App', id: 'intake' },
    { type: 'User', id: 'alice' },
  ]
  const principal = { type: 'App', id: 'intake', chain }
  expect(
    terms('session', {
      what: 'end',
      session: 's-2',
      parent: 's-1',
      principal,
      client: 'cli',
      why: 'misuse',
      by: 'gate',
    }),
  ).toEqual([
    ['kind', 'session'],
    ['session', 's-2'],
    ['principal', 'gate'],
    ['action', 'end'],
    ['session', 's-1'],
    ['principal', 'cli'],
    ['reason', 'misuse'],
    ['principal', 'intake'],
    ['principal', 'alice'],
  ])
})

test('a token is found by its id, its grant and its session', () => {
  expect(terms('token', { what: 'issued', session: 's-2', grant: 'client_credentials', token: 'jti-1' })).toEqual([
    ['kind', 'token'],
    ['session', 's-2'],
    ['action', 'issued'],
    ['action', 'client_credentials'],
    ['resource', 'jti-1'],
  ])
})

test('a sign that a session is misused, and an end by its owner, are found with the session', () => {
  expect(terms('indicator', { indicator: 'session-proof-foreign', subject: 's-2' })).toContainEqual(['session', 's-2'])
  expect(terms('change', { what: 'session', subject: 's-2', by: 'alice', why: 'stolen' })).toContainEqual([
    'session',
    's-2',
  ])
  expect(terms('indicator', { indicator: 'key-guessing', subject: 'k-1' })).not.toContainEqual(['session', 'k-1'])
})
