// The library's storage, over our records. Two of its models are none of its own here: access tokens are read from what they say and
// from their session's row, and refresh tokens from ours, so that the library's introspection and revocation speak of sessions.
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { OAuthRecords } from './records.ts'

/** A model that something else answers for. */
export interface Foreign {
  find(id: string): AdapterPayload | undefined
  destroy(id: string): void
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
    const own = recordAdapter(model, records)
    if (model !== 'Client') return own
    return { ...own, find: async (id) => client(id) ?? own.find(id) }
  }
}

function recordAdapter(model: string, records: OAuthRecords): Adapter {
  const read = (found: unknown): AdapterPayload | undefined => found as AdapterPayload | undefined
  return {
    upsert: async (id, payload, expiresIn) => records.upsert(model, id, plain(payload), expiresIn),
    find: async (id) => read(records.find(model, id)),
    findByUid: async (uid) => read(records.findByUid(model, uid)),
    findByUserCode: async (userCode) => read(records.findByUserCode(model, userCode)),
    consume: async (id) => records.consume(model, id),
    destroy: async (id) => records.destroy(model, id),
    revokeByGrantId: async (grantId) => records.revokeByGrantId(model, grantId),
  }
}

/** Without members that are undefined, which JSON has no word for. */
const plain = (payload: AdapterPayload): Record<string, unknown> =>
  JSON.parse(JSON.stringify(payload)) as Record<string, unknown>

function foreignAdapter(model: string, { find, destroy }: Foreign): Adapter {
  const never = async (): Promise<never> => {
    throw new Error(`the library keeps no ${model} here`)
  }
  return {
    find: async (id) => find(id),
    destroy: async (id) => destroy(id),
    upsert: never,
    findByUid: never,
    findByUserCode: never,
    consume: never,
    // Nothing of these hangs on a grant of the library's.
    revokeByGrantId: async () => undefined,
  }
}
