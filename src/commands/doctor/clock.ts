// Our clock against those of issuers and providers, by the `Date` of their answers: a token is judged by ours.
import type { Look } from '#upstream/look.ts'
import { count, type Finding, notKnown, ok, warn, wrong } from './finding.ts'

export interface Clocks {
  /** Looks as the given one does, and remembers what it heard. */
  readonly look: Look
  /** Milliseconds ahead of ours, the least for each host. */
  readonly heard: ReadonlyMap<string, number>
}

export function listenToClocks(look: Look): Clocks {
  const heard = new Map<string, number>()
  return {
    heard,
    async look(at) {
      const seen = await look(at)
      const host = URL.parse(at.url)?.host
      if (seen.ok && seen.ahead !== undefined && host !== undefined) {
        const known = heard.get(host)
        // A slow answer makes it look worse than it is, never better.
        if (known === undefined || Math.abs(seen.ahead) < Math.abs(known)) heard.set(host, seen.ahead)
      }
      return seen
    },
  }
}

const WARN_MS = 5_000
const WRONG_MS = 60_000
const FIX = 'Let this machine keep time by NTP (timedatectl set-ntp true), unless it is the other one that is wrong.'

export function clockFindings(heard: Clocks['heard']): readonly Finding[] {
  if (heard.size === 0) return [notKnown('clock', 'this machine', 'nobody who was asked said what time it is')]
  const off = [...heard].filter(([, ahead]) => Math.abs(ahead) > WARN_MS)
  if (off.length === 0) return [ok('clock', 'this machine', `agrees with ${count(heard.size, 'server')}`)]
  return off.map(([host, ahead]) => {
    const said = `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'behind' : 'ahead of'} ${host}`
    return (Math.abs(ahead) < WRONG_MS ? warn : wrong)('clock', 'this machine', said, FIX)
  })
}
