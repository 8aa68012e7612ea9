// The request that every attack varies: small, right, and allowed to alice.
import { says } from '../rig.ts'

export const HELLO = { model: 'clinic-small', messages: says('hello') } as const

export const HELLO_TEXT = '{"model":"clinic-small","messages":[{"role":"user","content":"hello"}]}'

export const JSON_TYPE = { 'content-type': 'application/json' } as const
