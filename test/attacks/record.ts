// What every no must be, whoever provokes it: the right status, OpenAI's error shape with the exchange id in header and
// message, and a record of two entries that says the same.
import { expect } from 'bun:test'
import type { ReadEntry } from '#audit/read.ts'
import { exchangeOf, type Rig } from '../rig.ts'

export interface Refused {
  readonly status: number
  readonly type: string
  readonly code: string
  readonly param?: string | null
  /** What stands in the trail before the outcome; an allow where the provider is at fault. */
  readonly decision?: 'allow' | 'deny'
  readonly ended?: 'refused' | 'upstream-failed'
}

export interface Heard {
  readonly message: string
  readonly exchange: string
  readonly decision: ReadEntry
  readonly outcome: ReadEntry
}

export async function expectRefused(rig: Rig, response: Response, told: Refused): Promise<Heard> {
  const { status, type, code, param = null, decision = 'deny', ended = 'refused' } = told
  const exchange = exchangeOf(response)
  const body = (await response.json()) as { readonly error: { readonly message: string } }
  expect({ status: response.status, body }).toEqual({
    status,
    body: { error: { message: expect.any(String), type, param, code } },
  } as never)
  expect(exchange).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
  expect(body.error.message).toContain(exchange)
  const record = await rig.settled(exchange)
  expect(record.decision).toMatchObject(decision === 'deny' ? { decision, reason: code } : { decision })
  expect(record.outcome).toMatchObject({ status, ended, reason: code })
  const ofIt = (await rig.entries()).filter((entry) => entry['exchange'] === exchange)
  expect(ofIt.map(({ kind }) => kind)).toEqual(['decision', 'outcome'])
  return { message: body.error.message, exchange, ...record }
}

/** How many requests reached the demo provider. */
export async function providerCount(rig: Rig): Promise<number> {
  return (await (await fetch(`${rig.provider}/count`)).json()) as number
}

/** Waits for what must come true; fails by name where it does not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not come true: ${what}`)
    await Bun.sleep(5)
  }
}
