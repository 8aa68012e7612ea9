// What every no must be, on every route: the right status, each field of the caller's own error shape, an exchange id, and
// a record of one decision and one outcome that hold nothing of what was said.
import { expect } from 'bun:test'
import { exchangeOf } from '../rig.ts'
import { PLANT, type Shape } from './every-protocol.ts'
import { PROVIDERS_WORDS } from './every-protocol-provider.ts'
import type { EveryWorld } from './every-protocol-world.ts'

export interface Told {
  readonly status: number
  readonly code: string
  /** The field at fault. Anthropic's shape has no place for it but the message. */
  readonly field?: string | undefined
  readonly decision?: 'allow' | 'deny'
  /** Why the decision was no, where the caller is told something else. */
  readonly decided?: string
  readonly ended?: 'refused' | 'upstream-failed'
  /** An entry beside the two. */
  readonly indicator?: string
}

export interface Answered {
  /** For whoever reads that it failed. */
  readonly name: string
  readonly shape: Shape
  readonly response: Response
  readonly told: Told
}

const OPENAI_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  405: 'invalid_request_error',
  408: 'invalid_request_error',
  413: 'invalid_request_error',
  415: 'invalid_request_error',
  429: 'rate_limit_error',
  502: 'server_error',
  504: 'server_error',
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  408: 'invalid_request_error',
  413: 'request_too_large',
  415: 'invalid_request_error',
  429: 'rate_limit_error',
  502: 'api_error',
  504: 'timeout_error',
}

const TITLES: Readonly<Record<string, string>> = {
  unauthenticated: 'No valid credential',
  malformed_proof: 'The credential could not be read',
  too_many_attempts: 'Too many wrong keys from this address',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed here',
  invalid_field: 'A field is missing or wrong',
}

/** Of an error's body, field by field. `message` is whatever it says, and must be text. */
function expectedBody({ shape, told }: Answered, exchange: string): object {
  const { status, code, field } = told
  const message = expect.any(String)
  switch (shape) {
    case 'openai':
      return { error: { message, type: OPENAI_TYPES[status], param: field ?? null, code } }
    case 'anthropic':
      return { type: 'error', error: { type: ANTHROPIC_TYPES[status], message, code }, request_id: exchange }
    case 'problem':
      return {
        type: `urn:sallyport:problem:${code}`,
        status,
        title: TITLES[code],
        detail: message,
        instance: `urn:sallyport:exchange:${exchange}`,
        ...(field === undefined ? {} : { errors: [{ pointer: field, detail: message }] }),
      }
  }
}

const TYPES: Readonly<Record<Shape, string>> = {
  openai: 'application/json',
  anthropic: 'application/json',
  problem: 'application/problem+json',
}

const CHALLENGE = 'Bearer resource_metadata="https://gate.example/.well-known/oauth-protected-resource"'

async function expectNo(answered: Answered): Promise<string> {
  const { name, shape, response, told } = answered
  const exchange = exchangeOf(response)
  expect([name, exchange]).toEqual([name, expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/)] as never)
  const text = await response.text()
  const { headers, status } = response
  expect({ name, status, body: JSON.parse(text) as unknown }).toEqual({
    name,
    status: told.status,
    body: expectedBody(answered, exchange),
  } as never)
  expect([name, headers.get('content-type')?.split(';')[0]]).toEqual([name, TYPES[shape]])
  if (shape === 'anthropic') {
    expect([name, headers.get('request-id')]).toEqual([name, exchange])
    if (told.field !== undefined) expect([name, text]).toEqual([name, expect.stringContaining(told.field)] as never)
  }
  expect([name, headers.get('www-authenticate')]).toEqual([name, told.status === 401 ? CHALLENGE : null])
  expect(text).toContain(exchange)
  expect(text).not.toContain(PLANT)
  expect(text).not.toContain(PROVIDERS_WORDS)
  return exchange
}

/** Checks each answer, then the trail of them all at once. */
export async function expectNos({ rig }: EveryWorld, answers: readonly Answered[]): Promise<void> {
  const expected = new Map<string, Answered>()
  for (const answered of answers) expected.set(await expectNo(answered), answered)
  expect(expected.size).toBe(answers.length)
  const last = [...expected.keys()].at(-1) ?? ''
  await rig.settled(last)
  const trail = Map.groupBy(await rig.entries(), (entry) => String(entry['exchange']))
  for (const [exchange, { name, told }] of expected) {
    const { status, code, decision = 'deny', ended = 'refused', indicator } = told
    const entries = trail.get(exchange) ?? []
    const kinds = [...(indicator === undefined ? [] : ['indicator']), 'decision', 'outcome']
    expect([name, entries.map(({ kind }) => kind)]).toEqual([name, kinds])
    if (indicator !== undefined) expect([name, entries[0]?.['indicator']]).toEqual([name, indicator])
    const decided = entries.find(({ kind }) => kind === 'decision')
    const reason = decision === 'deny' ? { reason: told.decided ?? code } : {}
    expect({ name, ...decided }).toMatchObject({ name, decision, ...reason })
    expect({ name, ...entries.at(-1) }).toMatchObject({ name, status, ended, reason: code })
    expect(JSON.stringify(entries)).not.toContain(PLANT)
    expect(JSON.stringify(entries)).not.toContain(PROVIDERS_WORDS)
  }
  expect(rig.log.join('\n')).not.toContain(PLANT)
  expect(rig.log.join('\n')).not.toContain(PROVIDERS_WORDS)
}
