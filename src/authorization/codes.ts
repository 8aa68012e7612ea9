// Authorization codes (RFC 6749 section 4.1.3, RFC 7636) and device codes (RFC 8628 section 3.4): the session of whoever logged in. A
// code that comes a second time is stolen, or its first use was: what came of the first ends.
import { createHash, timingSafeEqual } from 'node:crypto'
import { type AuthorizationCode, type DeviceCode, errors } from 'oidc-provider'
import { validateGrant } from 'oidc-provider/lib/helpers/grants.js'
import type { Principal } from '#access/principal.ts'
import { actionsIn } from './askable.ts'
import type { Asking } from './asking.ts'
import { CODE, DEVICE_CODE } from './grant-types.ts'
import { grantOf } from './grant-request.ts'
import type { GrantKit, TokenAnswer } from './grant-kit.ts'
import { asOAuth, OAuthRefusal } from './oauth-refusal.ts'
import { actingFor, type Subject } from './subject.ts'
import { readTask } from './task-request.ts'

export async function redeemCode(asking: Asking, kit: GrantKit): Promise<TokenAnswer> {
  const { ctx, param, asked } = asking
  const text = needed(param('code'), 'code')
  const code = own(await kit.provider.AuthorizationCode.find(text, { ignoreExpiration: true }), asking)
  if (code.isExpired) throw invalid('the authorization code has expired')
  checkVerifier(param('code_verifier'), code)
  checkRedirect(param('redirect_uri'), code, ctx.oidc.client.redirectUris ?? [])
  if (code.dpopJkt !== undefined && code.dpopJkt !== asked.jkt) {
    throw invalid('the authorization code is bound to a key: send a DPoP proof by it')
  }
  return redeem(code, { text, grant: CODE }, asking, kit)
}

export async function redeemDeviceCode(asking: Asking, kit: GrantKit): Promise<TokenAnswer> {
  const text = needed(asking.param('device_code'), 'device_code')
  const code = own(await kit.provider.DeviceCode.find(text, { ignoreExpiration: true }), asking)
  if (code.isExpired) throw new errors.ExpiredToken('the device code has expired')
  if (code.error !== undefined) {
    throw new errors.CustomOIDCProviderError(code.error, code.errorDescription ?? 'the person said no')
  }
  if (code.accountId === undefined) throw new errors.AuthorizationPending()
  return redeem(code, { text, grant: DEVICE_CODE }, asking, kit)
}

function own<Code extends { readonly clientId?: string | undefined }>(
  code: Code | undefined,
  { client }: Asking,
): Code {
  if (code && code.clientId === client.id) return code
  throw invalid('there is no such code of this client')
}

interface Redeemed {
  readonly text: string
  readonly grant: string
}

async function redeem(
  code: AuthorizationCode | DeviceCode,
  { text, grant }: Redeemed,
  asking: Asking,
  kit: GrantKit,
): Promise<TokenAnswer> {
  const { parts, active, provider, logins } = kit
  const { grantId } = code
  if (grantId === undefined) throw invalid('nothing was granted with this code')
  const now = parts.clock.now()
  const digest = createHash('sha256').update(text).digest('base64url')
  // One step, where the library would look first and write later: of two at once one is refused.
  if (
    ('consumed' in code && code.consumed !== undefined) ||
    !parts.onlyOnce.use(`code ${digest}`, now + KEPT_S * 1000, now)
  ) {
    await endWhatCame(grantId, kit)
    throw usedBefore()
  }
  await validateGrant(provider, asking.ctx, grantId)
  await code.consume()
  const person = code.accountId === undefined ? undefined : await logins.find(code.accountId)
  if (!person) throw invalid('the login has expired: log in again')
  const { principal, ...bounded } = behind(person, asking, kit)
  const asked = { ...asking.asked, scope: actionsIn(code.scope), ...taskOf(code, asking, kit) }
  const granted = grantOf(asked, bounded, active.config)
  return kit.begin(asking, grant, { principal, client: asking.client.id, granted }, ({ id }) => came(id, grantId, kit))
}

/** Which session came of a grant, and that its code was used a second time. */
const CAME_OF = 'GrantSession'
const USED_AGAIN = 'GrantUsedAgain'
const KEPT_S = 3600

/** Either of two uses at once leaves what it did before it looks for the other: whichever looks last finds it, and ends the session. */
async function came(session: string, grantId: string, kit: GrantKit): Promise<void> {
  const { records } = kit.parts
  await records.of(CAME_OF).upsert(grantId, { session }, KEPT_S)
  if ((await records.of(USED_AGAIN).find(grantId)) === undefined) return
  await endWhatCame(grantId, kit)
  throw usedBefore()
}

async function endWhatCame(grantId: string, { parts }: GrantKit): Promise<void> {
  const { records, sessions, clock } = parts
  await records.of(USED_AGAIN).upsert(grantId, {}, KEPT_S)
  const session = (await records.of(CAME_OF).find(grantId))?.['session']
  if (typeof session === 'string') sessions.end(session, { at: clock.now(), why: 'revoked', by: 'gate' })
}

const usedBefore = (): OAuthRefusal => invalid('the code was used before; what came of it has ended')

function behind(person: Principal, { client, proof }: Asking, { active }: GrantKit): Subject {
  if (client.kind !== 'application') return { principal: person, ceilings: [], networks: [] }
  try {
    return actingFor(person, client.application, { proof, config: active.config })
  } catch (error) {
    throw error instanceof OAuthRefusal ? invalid(error.error_description ?? '') : asOAuth('invalid_grant', error)
  }
}

/** What was shown at the login counts: a token request cannot declare another task. */
function taskOf({ rar }: AuthorizationCode | DeviceCode, { asked }: Asking, { parts }: GrantKit) {
  if (asked.task)
    throw new OAuthRefusal('invalid_authorization_details', 'the task was declared at the login, and stays')
  return rar === undefined || rar.length === 0 ? {} : { task: readTask(rar, parts.holdsCredential) }
}

function checkVerifier(verifier: string | undefined, { codeChallenge, codeChallengeMethod }: AuthorizationCode): void {
  const made = createHash('sha256')
    .update(verifier ?? '')
    .digest()
  const known = Buffer.from(codeChallenge ?? '', 'base64url')
  const matches = codeChallengeMethod === 'S256' && made.length === known.length && timingSafeEqual(made, known)
  if (!matches) throw invalid('code_verifier is not the one that code_challenge was made of')
}

function checkRedirect(
  given: string | undefined,
  { redirectUri }: AuthorizationCode,
  registered: readonly string[],
): void {
  const implied = registered.length === 1 ? registered[0] : undefined
  if ((given ?? implied) !== redirectUri) throw invalid('redirect_uri is not the one that the code was sent to')
}

function needed(value: string | undefined, name: string): string {
  if (value !== undefined) return value
  throw new OAuthRefusal('invalid_request', `${name} is needed`)
}

const invalid = (description: string): OAuthRefusal => new OAuthRefusal('invalid_grant', description)
