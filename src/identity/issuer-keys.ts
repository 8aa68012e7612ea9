// Loads one issuer's keys over the network: metadata, then the key set, both within one time limit.
import type { Clock } from '#lib/clock.ts'
import { discover } from './discovery.ts'
import { type FetchJson, readDocument, within } from './document.ts'
import { admitKeys, type PublicKey } from './public-key.ts'

export interface IssuerKeysOptions {
  readonly fetchJson: FetchJson
  readonly clock: Pick<Clock, 'now'>
  readonly timeoutMs: number
}

// Where the keys are changes about never; asking each time would double what a refresh costs the issuer.
const REDISCOVER_MS = 3_600_000

/** The answer rejects with a plain Error of one short sentence. */
export function makeKeyLoader(url: string, options: IssuerKeysOptions): () => Promise<readonly PublicKey[]> {
  const { fetchJson, clock, timeoutMs } = options
  let found: { readonly uri: string; readonly at: number } | undefined
  return async () => {
    try {
      return await within(timeoutMs, async (signal) => {
        if (found === undefined || Math.abs(clock.now() - found.at) >= REDISCOVER_MS) {
          found = { uri: await discover(fetchJson, url, signal), at: clock.now() }
        }
        return admitKeys(await readDocument(fetchJson, found.uri, signal))
      })
    } catch (error) {
      found = undefined
      throw error
    }
  }
}
