// What is left of a caller's limits, in the headers of each protocol: requests and tokens have names there, spend has none.
import type { LimitReached, Refusal } from '#access/refusal.ts'

export type Left = Pick<LimitReached, 'measure' | 'most' | 'left' | 'resets'>

type Headers = Readonly<Record<string, string>>

/** `now`: epoch milliseconds. OpenAI says how long it takes: `6m0s`. */
export const openAiLimitHeaders = (all: readonly Left[], now: number): Headers =>
  named(all, ({ measure, most, left, resets }) => [
    [`x-ratelimit-limit-${measure}`, String(most)],
    [`x-ratelimit-remaining-${measure}`, String(left)],
    [`x-ratelimit-reset-${measure}`, resets === undefined ? undefined : duration(resets - now)],
  ])

/** Anthropic says when: RFC 3339, in whole seconds. */
export const anthropicLimitHeaders = (all: readonly Left[]): Headers =>
  named(all, ({ measure, most, left, resets }) => [
    [`anthropic-ratelimit-${measure}-limit`, String(most)],
    [`anthropic-ratelimit-${measure}-remaining`, String(left)],
    [`anthropic-ratelimit-${measure}-reset`, resets === undefined ? undefined : moment(resets)],
  ])

type Names = (left: Left) => readonly (readonly [name: string, value: string | undefined])[]

function named(all: readonly Left[], names: Names): Headers {
  const headers: Record<string, string> = {}
  for (const each of all) {
    if (each.measure !== 'requests' && each.measure !== 'tokens') continue
    for (const [name, value] of names(each)) if (value !== undefined) headers[name] = value
  }
  return headers
}

const moment = (resets: number): string => new Date(Math.ceil(resets / 1000) * 1000).toISOString().replace('.000Z', 'Z')

function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const last = `${seconds % 60}s`
  if (hours > 0) return `${hours}h${minutes}m${last}`
  return minutes > 0 ? `${minutes}m${last}` : last
}

/** Official clients wait in the middle of a call for what they are told to, up to this. */
const LONGEST_WAIT_S = 60

/**
 * Of a limit that is used up. Clients that are told to wait longer than a minute try again at once instead: they are told not to.
 */
export function reachedHeaders(refusal: Refusal, names: (all: readonly Left[], now: number) => Headers): Headers {
  const { limit, retryAfter } = refusal.detail
  if (!limit) return {}
  const now = limit.resets === undefined ? 0 : limit.resets - (retryAfter ?? 0) * 1000
  const waits = retryAfter !== undefined && retryAfter <= LONGEST_WAIT_S
  return { ...names([limit], now), ...(waits ? {} : { 'x-should-retry': 'false' }) }
}
