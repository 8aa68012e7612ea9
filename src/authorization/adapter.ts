// The library's storage, over our records. Two of its models are none of its own here: access tokens are read from what they say and
// from their session's row, and refresh tokens from ours, so that the library's introspection and revocation speak of sessions.
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { OAuthRecords, OAuthRecordsOf } from './records.ts'

/** A model that something else answers for. What is destroyed is told by the library's events, with its session. */
export interface Foreign {
  find(id: string): Promise<AdapterPayload | undefined>
}

export interface AdapterOptions {
  readonly records: OAuthRecords
  /** A client of the bundle, before any that registered itself. */
  readonly client: (id: string) => AdapterPayload | undefined
  readonly foreign: ReadonlyMap<string, Foreign>
}

export function makeAdapter({ records, client, foreign }: AdapterOptions): (model: string) => Adapter {
  return (model) => {
    const other = foreign.get(model)
    if (other) return foreignAdapter(model, other)
    const own = recordAdapter(records.of(model))
    if (model !== 'Client') return own
    return { ...own, find: async (id) => client(id) ?? own.find(id) }
  }
}

function recordAdapter(kept: OAuthRecordsOf): Adapter {
  const read = (found: unknown): AdapterPayload | undefined => found as AdapterPayload | undefined
  return {
    upsert: (id, payload, expiresIn) => kept.upsert(id, plain(payload), expiresIn),
    find: async (id) => read(await kept.find(id)),
    findByUid: async (uid) => read(await kept.findByUid(uid)),
    findByUserCode: async (userCode) => read(await kept.findByUserCode(userCode)),
    consume: (id) => kept.consume(id),
    destroy: (id) => kept.destroy(id),
    revokeByGrantId: (grantId) => kept.revokeByGrantId(grantId),
  }
}

/** Without members that are undefined, which JSON has no word for. */
const plain = (payload: AdapterPayload): Record<string, unknown> =>
  JSON.parse(JSON.stringify(payload)) as Record<string, unknown>

function foreignAdapter(model: string, foreign: Foreign): Adapter {
  const never = async (): Promise<never> => {
    throw new Error(`the library keeps no ${model} here`)
  }
  return {
    find: (id) => foreign.find(id),
    destroy: async () => undefined,
    upsert: never,
    findByUid: never,
    findByUserCode: never,
    consume: never,
    // Nothing of these hangs on a grant of the library's.
    revokeByGrantId: async () => undefined,
  }
}
