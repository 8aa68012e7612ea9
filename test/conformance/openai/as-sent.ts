// What reached the provider, made comparable: the caller's own bytes, but for what the gate is meant to change.
import assert from 'node:assert/strict'
import type { Side } from '../suite.ts'
import { seenWith } from './client.ts'

/**
 * The body as the caller wrote it. The gate may name another model to the provider, tells it a pseudonym in place of
 * whatever names a person, and that nothing is to be stored where it may not be; all else is the caller's own text.
 */
export function asSent(side: Side, body: string, mark: string): string {
  const anonymous = body.replace(/"model":"[^"]*"/, '"model":"…"').replaceAll(mark, 'mark')
  if (side.name === 'direct') return anonymous.replace('"user":"ann"', PSEUDONYM_USER).replace('"hash-of-ann"', '"…"')
  assert.equal(/hash-of-ann|"ann"/.test(body), false)
  const pseudonyms = new Set(body.match(/user_[a-z2-7]{26}/g))
  assert.equal(pseudonyms.size, 1)
  const settled = anonymous.replaceAll(/user_[a-z2-7]{26}/g, '…')
  const kept = settled.replace(/,"safety_identifier":"…"(,"store":false)?}$/, '}')
  // Only where there is no better field, the pseudonym is a `user` of its own.
  const own = settled.includes('"safety_identifier"') ? /,"store":false}$/ : /,"user":"…"}$/
  return kept === settled ? settled.replace(own, '}') : kept
}

const PSEUDONYM_USER = '"user":"…"'

/** The one request with this mark, as it arrived. */
export async function arrived(side: Side, mark: string): Promise<string> {
  const [seen, ...more] = await seenWith(side, mark)
  assert.ok(seen)
  assert.equal(more.length, 0)
  return asSent(side, seen.body, mark)
}
