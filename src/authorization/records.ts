// What the OAuth library keeps (codes, device codes, interactions, registered clients), and what we keep beside it (logins, refresh
// tokens). Whatever opens something is kept by a digest of it: a copy of the store gives nobody a code or a token.

/** Plain JSON. */
export type OAuthRecord = Readonly<Record<string, unknown>>

/** Everything throws a Refusal `not_ready` where the store cannot be read or written. What has expired is not found. */
export interface OAuthRecords {
  /** `seconds`: until nobody asks for it any more; undefined: it stays. */
  upsert(model: string, id: string, record: OAuthRecord, seconds: number | undefined): void
  find(model: string, id: string): OAuthRecord | undefined
  findByUid(model: string, uid: string): OAuthRecord | undefined
  findByUserCode(model: string, userCode: string): OAuthRecord | undefined
  /** From now on `find` answers with `consumed`, seconds since the epoch. */
  consume(model: string, id: string): void
  destroy(model: string, id: string): void
  revokeByGrantId(model: string, grantId: string): void
}
