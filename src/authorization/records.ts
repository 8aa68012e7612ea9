// What the OAuth library keeps (codes, device codes, interactions, registered clients), and what we keep beside it (logins, refresh
// tokens). All of it opens something: it is found by a digest of its id and sealed with the id, so the store alone opens nothing.

/** Plain JSON. */
export type OAuthRecord = Readonly<Record<string, unknown>>

/** Everything rejects with a Refusal `not_ready` where the store cannot be read or written. What has expired is not found. */
export interface OAuthRecordsOf {
  /** `seconds`: for how long; for ever, where it is not said. */
  upsert(id: string, record: OAuthRecord, seconds?: number): Promise<void>
  /** With `consumed`, seconds since the epoch, where it was. */
  find(id: string): Promise<OAuthRecord | undefined>
  findByUid(uid: string): Promise<OAuthRecord | undefined>
  findByUserCode(userCode: string): Promise<OAuthRecord | undefined>
  /** Of several at once, one: the others are refused (`unauthenticated`), as is whoever asks for what is not there. */
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

export interface OAuthRecords {
  of(model: string): OAuthRecordsOf
}
