// Rules about secrets that no single section can check: references to a vault need one, the environment is for tier 1.
import type { Keeping } from '#access/keeping.ts'
import type { CredentialReference } from '#access/provider.ts'
import type { IssuerConfig, ProviderConfig, SystemConfig } from './config.ts'
import { fault, type Field, type Known } from './field.ts'

/** A reference to a vault needs one. */
export function refuseWithoutVault(root: Field, providers: Known<ProviderConfig>, users: readonly SecretUser[]): void {
  const provider = [...providers.sound.values()].find(({ credential }) => credential?.from === 'vault')
  const user = provider ? `provider ${provider.name}` : users.find(({ to }) => to.from === 'vault')?.of
  if (user === undefined) return
  fault(
    root,
    `lacks \`vault\`, which ${user} refers to`,
    'Add `vault: { url: https://vault.example.com:8200, token: file:PATH }`.',
  )
}

/** As for providers: the environment is inherited by every child, and logs and logins are those of every system. */
export function refuseEnvironment(
  field: Field | undefined,
  users: readonly SecretUser[],
  { sound }: Known<SystemConfig>,
): void {
  const above = [...sound.values()].find(({ tier }) => tier > 1)
  const user = users.find(({ to }) => to.from === 'env')
  if (!field || !above || !user) return
  fault(
    field,
    `has a secret of ${user.of} that is env:, beside system ${above.name} of tier ${above.tier}`,
    'Write it as file:PATH; env: is for tier 1 only.',
  )
}

/** What refers to a secret, other than a provider. */
export interface SecretUser {
  readonly of: string
  readonly to: CredentialReference
}

export const secretsOfLogin = (issuers: ReadonlyMap<string, IssuerConfig>): readonly SecretUser[] =>
  [...issuers.values()].flatMap(({ name, login }) =>
    login?.secret ? [{ of: `the login of issuer ${name}`, to: login.secret }] : [],
  )

export function secretsOfAudit({ copies, streams }: Keeping): readonly SecretUser[] {
  return [
    ...copies.flatMap((place) =>
      place.to === 's3' ? [place.key, place.secret].map((to) => ({ of: `copy ${place.name}`, to })) : [],
    ),
    ...streams.flatMap((place) =>
      place.to === 'otlp' && place.authorization ? [{ of: `stream ${place.name}`, to: place.authorization }] : [],
    ),
  ]
}
