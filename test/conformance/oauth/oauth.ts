// The OAuth conformance run: every grant, every document and every refusal that a standard names, by the official clients where they
// can, and by hand where no client would do such a thing.
import { runOAuthCase, type OAuthCase, type OAuthOutcome } from './case.ts'
import { codeCases } from './code.ts'
import { credentialCases } from './credentials.ts'
import { deviceCases } from './device.ts'
import { dpopCases } from './dpop.ts'
import { exchangeCases } from './exchange.ts'
import { metadataCases } from './metadata.ts'
import { refreshCases } from './refresh.ts'
import { registrationCases } from './registration.ts'
import { revocationCases } from './revocation.ts'
import { sessionCases } from './sessions.ts'
import { startWorld } from './world.ts'

export const oauthCases: readonly OAuthCase[] = [
  ...metadataCases,
  ...credentialCases,
  ...dpopCases,
  ...exchangeCases,
  ...codeCases,
  ...deviceCases,
  ...refreshCases,
  ...revocationCases,
  ...registrationCases,
  ...sessionCases,
]

/** Rejects where the processes do not come up. */
export async function runOAuth(): Promise<readonly OAuthOutcome[]> {
  const world = await startWorld()
  try {
    const outcomes: OAuthOutcome[] = []
    for (const each of oauthCases) outcomes.push(await runOAuthCase(each, world))
    return outcomes
  } finally {
    await world.stop()
  }
}
