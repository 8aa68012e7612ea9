// What a stream says of its usage, event by event: each tells all of what it tells of, and some tell less than was told before.
import type { Usage } from '#access/usage.ts'

const COUNTS = ['input', 'output', 'cached', 'cacheWrite', 'reasoning'] as const

/** No count ever falls. Calls of tools are as they were told last: only their end says where some of them ran. */
export function usageSoFar(before: Usage | undefined, told: Usage): Usage {
  if (!before) return told
  const largest: { -readonly [Name in keyof Usage]: Usage[Name] } = { ...before, ...told }
  for (const name of COUNTS) {
    const [was, is] = [before[name], told[name]]
    if (was !== undefined && (is === undefined || was > is)) largest[name] = was
  }
  return largest
}
