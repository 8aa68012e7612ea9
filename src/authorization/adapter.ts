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
  /** Names of the programs that may have registered themselves, under the bundle in force. */
  readonly programs: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export function makeAdapter(options: AdapterOptions): (model: string) => Adapter {
  const { records, foreign } = options
  return (model) => {
    const other = foreign.get(model)
    if (other) return foreignAdapter(model, other)
    const own = recordAdapter(records.of(model))
    return model === 'Client' ? clientAdapter(own, options) : own
  }
}

const DAY_MS = 86_400_000
const KEPT_S = 90 * 86_400

/** A registration is good while the bundle names the program, and until nobody has used it for long; that is noted once a day. */
function clientAdapter(own: Adapter, { client, programs, now }: AdapterOptions): Adapter {
  const keep = (id: string, payload: AdapterPayload) => own.upsert(id, { ...payload, [USED]: now() }, KEPT_S)
  return {
    ...own,
    upsert: keep,
    async find(id) {
      const named = client(id)
      if (named) return named
      const { [USED]: used, ...payload } = (await own.find(id)) ?? {}
      if (typeof payload.client_name !== 'string' || !programs.includes(payload.client_name)) return undefined
      if (!(typeof used === 'number' && Math.abs(now() - used) < DAY_MS)) await keep(id, payload)
      return payload
    },
  }
}

/** Beside what was registered. */
const USED = 'sallyport_used'

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
