import { expect, test } from 'bun:test'
import { requestHeaders } from './headers.ts'
import { outcomeOf } from './scene.fixture.ts'

const of = (headers: Record<string, string>) => requestHeaders(new Headers(headers))

test('a version is set where none is named, and another is refused', () => {
  expect(of({})).toEqual({ pass: { 'anthropic-version': '2023-06-01' }, unknown: [] })
  expect(of({ 'Anthropic-Version': '2026-10-21' }).pass).toEqual({ 'anthropic-version': '2026-10-21' })
  for (const version of ['2023-01-01', '', '2023-06-01, 2026-10-21', '2030-01-01']) {
    expect(outcomeOf(() => of({ 'anthropic-version': version }))).toBe('invalid_field anthropic-version')
  }
})

test('betas pass, and those that are not known are told of', () => {
  const betas = 'mcp-client-2025-11-20, context-1m-2025-08-07,teleport-2027-01-01,,teleport-2027-01-01'
  expect(of({ 'anthropic-beta': betas })).toEqual({
    pass: {
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'mcp-client-2025-11-20,context-1m-2025-08-07,teleport-2027-01-01',
    },
    unknown: ['anthropic-beta: teleport-2027-01-01'],
  })
  expect(of({ 'anthropic-beta': 'server-side-fallback-2026-07-01' }).unknown).toEqual([
    'anthropic-beta: server-side-fallback-2026-07-01',
  ])
})

test('the kind of the credential that was shown to us is nobody else’s', () => {
  expect(of({ 'anthropic-beta': 'oauth-2025-04-20' })).toEqual({
    pass: { 'anthropic-version': '2023-06-01' },
    unknown: [],
  })
  expect(of({ 'anthropic-beta': 'context-1m-2025-08-07,oauth-2025-04-20' }).pass['anthropic-beta']).toBe(
    'context-1m-2025-08-07',
  )
})

test.each(['a b', 'x"y', 'Context-1m', 'ä', 'a'.repeat(65), Array.from({ length: 65 }, (_, at) => `b${at}`).join(',')])(
  'betas that are no list of names are refused: %s',
  (betas) => {
    expect(outcomeOf(() => of({ 'anthropic-beta': betas }))).toBe('invalid_field anthropic-beta')
  },
)

test('whose work it is, is not the caller’s to choose', () => {
  for (const name of ['anthropic-user-profile-id', 'anthropic-workspace-id']) {
    expect(outcomeOf(() => of({ [name]: 'x' }))).toBe(`unknown_field ${name}`)
  }
})

test('nothing else passes', () => {
  const headers = { authorization: 'Bearer x', 'x-api-key': 'x', 'anthropic-dangerous-direct-browser-access': 'true' }
  expect(of(headers).pass).toEqual({ 'anthropic-version': '2023-06-01' })
})
