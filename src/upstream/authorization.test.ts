import { expect, test } from 'bun:test'
import { authorizationOf } from './authorization.ts'

const LEAVING = { method: 'POST', url: 'https://api.example/v1/chat', headers: {}, body: undefined }

test('each kind of provider has its own way to be shown a secret', () => {
  expect(authorizationOf(LEAVING, { kind: 'openai' }, 'sk')).toEqual({ authorization: 'Bearer sk' })
  expect(authorizationOf(LEAVING, { kind: 'openai-compatible' }, 'sk')).toEqual({ authorization: 'Bearer sk' })
  expect(authorizationOf(LEAVING, { kind: 'anthropic' }, 'sk')).toEqual({ 'x-api-key': 'sk' })
})

test('without a secret nothing is added', () => {
  expect(authorizationOf(LEAVING, { kind: 'anthropic' }, undefined)).toEqual({})
})
