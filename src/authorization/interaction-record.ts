// A no at the login stands in the trail before anybody is told: the token endpoint never hears of it, and it is one of the places
// where somebody tries to be somebody else.
import type { Interaction } from 'oidc-provider'
import type { Principal } from '#access/principal.ts'
import { arrivalOf } from './arrival.ts'
import { CODE, DEVICE_CODE } from './grant-types.ts'
import type { AuthorizationParts } from './parts.ts'
import type { Page } from './plug.ts'
import { principalRecord } from '#access/principal-record.ts'

export interface LoginRefused {
  readonly interaction: Interaction
  /** A code of RFC 6749, or the class of our own refusal. */
  readonly reason: string
  /** Who said no, where they are known. */
  readonly person?: Principal
}

export type RecordRefused = (page: Page, refused: LoginRefused) => Promise<void>

/** Rejects with a Refusal `audit_unavailable`. */
export const recordRefused =
  ({ trail, room }: Pick<AuthorizationParts, 'trail' | 'room'>): RecordRefused =>
  async ({ req }, { interaction, reason, person }) => {
    const { source, exchange } = arrivalOf(req.headers)
    // Whoever comes back from an issuer is nobody in particular yet.
    if (!person) await room()
    await trail.append(
      {
        kind: 'token',
        what: 'refused',
        grant: interaction.deviceCode === undefined ? CODE : DEVICE_CODE,
        client: String(interaction.params['client_id']),
        ...(person && { principal: principalRecord(person) }),
        reason,
        source,
        exchange,
      },
      'process',
    )
  }
