// From the copies that the bundle names to the chores that make them.
import type { CopyPlace } from '#access/keeping.ts'
import type { CredentialReference } from '#access/provider.ts'
import { copyChore, type CopyChore } from '#audit/copy-chore.ts'
import type { CopyDestination } from '#audit/copy-destination.ts'
import { copyDirectory } from '#audit/copy-directory.ts'
import { s3Objects } from '#upstream/s3.ts'

export interface CopyParts {
  readonly auditDirectory: string
  readonly now: () => number
  /** Reads a secret that the bundle refers to; asked for each request. */
  readonly secret: (reference: CredentialReference) => Promise<string>
  /** A line for the operators, about what somebody must look at. */
  readonly alarm: (line: string) => void
}

/** A request costs money there: what fills no tile waits for a minute. */
const LINGER_MS = { directory: 10_000, s3: 60_000 } as const

export function copyPlace(place: CopyPlace, { auditDirectory, now, secret, alarm }: CopyParts): CopyChore {
  const to = destinationOf(place, secret)
  return copyChore({ name: place.name, auditDirectory, to, now, linger: LINGER_MS[place.to], alarm })
}

function destinationOf(place: CopyPlace, secret: CopyParts['secret']): CopyDestination {
  if (place.to === 'directory') return copyDirectory(place.path)
  const { key, secret: reference } = place
  return s3Objects({ place, secrets: async () => ({ key: await secret(key), secret: await secret(reference) }) })
}
