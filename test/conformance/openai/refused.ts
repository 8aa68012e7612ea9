// A call that is refused: the client's own typed error, and what of it both sides have in common.
import assert from 'node:assert/strict'
import type { APIError } from 'openai'
import type { Side } from '../suite.ts'

export type ErrorClass = abstract new (...args: never[]) => InstanceType<typeof APIError>

export interface Refused {
  readonly error: InstanceType<typeof APIError>
  /** The same on both sides. */
  readonly common: object
}

/** Expects that error, with a code, a message, and on the gate its exchange's id. */
export async function refused(
  side: Side,
  expected: ErrorClass,
  status: number,
  act: () => Promise<unknown>,
): Promise<Refused> {
  const error = await act().then(
    () => assert.fail('the call was answered'),
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof expected, `expected ${expected.name}, got ${String(error)}`)
  assert.equal(error.status, status)
  assert.equal(typeof error.type, 'string')
  assert.ok(error.message.length > 5)
  if (side.name === 'gate') assert.match(error.headers?.get('x-sallyport-exchange') ?? '', /^[\w-]{10,}$/)
  const common = {
    error: error.constructor.name,
    status: error.status,
    code: typeof error.code,
    retryAfter: error.headers?.get('retry-after') ?? null,
  }
  return { error, common }
}
