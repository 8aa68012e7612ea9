// What an issuer says of itself, for `sallyport init`: its exact name, and which claim lists groups. It may be silent: then
// the usual is taken, and said.
import { within } from '#identity/document.ts'
import type { Look } from '#upstream/look.ts'
import { watchIssuer } from './doctor/watch-issuer.ts'

export interface IssuerSays {
  readonly issuer: string
  /** The claim that lists groups. */
  readonly claim: string
  readonly notes: readonly string[]
}

const PATIENCE_MS = 3_000

/** In the order of how likely they are meant. */
const GROUP_CLAIMS = ['groups', 'cognito:groups', 'roles', 'group', 'memberOf']

export async function lookAtIssuer(url: string, look: Look): Promise<IssuerSays> {
  const document = await within(PATIENCE_MS, () => watchIssuer(url, look, PATIENCE_MS)).then(
    (watched) => watched.document,
    () => undefined,
  )
  if (!document) {
    const said = `! ${url} shows no discovery document from here: taken as it is written. Later: sallyport doctor.`
    return { issuer: url, claim: 'groups', notes: [said] }
  }
  const { issuer = url, claims } = document
  const claim = GROUP_CLAIMS.find((name) => claims?.includes(name)) ?? claims?.find((name) => /groups?$/i.test(name))
  return {
    ...named(url, issuer),
    claim: claim ?? 'groups',
    notes: [...named(url, issuer).notes, ...claimNotes(claim)],
  }
}

function named(url: string, called: string): Pick<IssuerSays, 'issuer' | 'notes'> {
  if (called === url) return { issuer: url, notes: [] }
  if (called === `${url}/` || `${called}/` === url) {
    return {
      issuer: called,
      notes: [`! It calls itself ${called}: written so, because \`iss\` is compared to the last slash.`],
    }
  }
  return {
    issuer: url,
    notes: [
      `! It calls itself ${called}, not ${url}: its tokens will be refused until issuers.staff.url says the same.`,
    ],
  }
}

const claimNotes = (claim: string | undefined): readonly string[] =>
  claim === undefined
    ? [
        '! It does not say which claim lists groups: groups is taken. A real token tells: sallyport doctor --token FILE.',
      ]
    : [`✓ It lists the claim ${claim}, which is taken for groups.`]
