import type { Principal } from './principal.ts'
import type { Entity, EntityUid, RecordValue } from './value.ts'

/** One thing that would happen: exactly a Cedar request. */
export interface Access {
  readonly principal: Principal
  /** The bare Cedar action id, such as `infer`. */
  readonly action: string
  readonly resource: EntityUid
  readonly context: RecordValue
  /** Entities that only this request knows (an exchange being read); the bundle holds the rest. */
  readonly entities?: readonly Entity[]
}
