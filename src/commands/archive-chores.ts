// THE list of what the archive process does about the logs. One more is one more line in `choresOf`. What makes a chore may fail, and is
// then tried again like any other failure.
import { join } from 'node:path'
import type { Keeping } from '#access/keeping.ts'
import type { Chore } from '#audit/follow/chore.ts'
import { witnessChore } from '#audit/witness/witness-chore.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { Credentials } from '#upstream/credential.ts'
import type { Dialer } from '#upstream/dial.ts'
import { checkpointPoster } from '#upstream/post-checkpoint.ts'
import { indexChore } from './archive-index.ts'
import { indexPath } from './caught-up-index.ts'
import { copyPlace } from './copy-places.ts'
import { streamChore } from './stream-chore.ts'
import type { LineWriter } from './stream-lines.ts'

export interface ChoreParts {
  readonly home: string
  readonly bundle: Bundle
  readonly dialer: Dialer
  readonly credentials: Credentials
  readonly out: LineWriter
  readonly release: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly report: (line: string) => void
}

interface Named {
  readonly name: string
  readonly make: () => Chore | Promise<Chore>
}

export function choresOf(parts: ChoreParts): readonly Chore[] {
  const { home, bundle, dialer, credentials, out, release, now, report } = parts
  const { copies, streams, witnesses }: Keeping = bundle.config.audit
  const audit = join(home, 'audit')
  const all: readonly Named[] = [
    { name: 'index', make: () => indexChore(audit, indexPath(home)) },
    ...copies.map((place) => ({
      name: `copy:${place.name}`,
      make: () =>
        copyPlace(place, {
          auditDirectory: audit,
          now,
          secret: (reference) => credentials.read(reference),
          alarm: report,
        }),
    })),
    ...streams.map((place) => ({
      name: `stream:${place.name}`,
      make: () =>
        streamChore(place, {
          audit,
          keys: join(home, 'keys'),
          streams: join(home, 'streams'),
          out,
          otlp: { dialer, credentials, now },
          provider: (name) => bundle.config.providers.get(name),
          release,
          now,
          report,
        }),
    })),
    ...witnesses.map((place) => ({
      name: `witness:${place.name}`,
      make: () =>
        witnessChore(place, {
          auditDirectory: audit,
          store: join(home, 'witnessed', place.name),
          post: checkpointPoster(place, dialer),
          now,
        }),
    })),
  ]
  return all.map(made)
}

/** Made at its first turn. */
function made({ name, make }: Named): Chore {
  let chore: Chore | undefined
  return {
    name,
    async turn(signal) {
      chore ??= await make()
      return chore.turn(signal)
    },
    standing: () => chore?.standing() ?? { behind: 0, dropped: 0 },
    close: async () => chore?.close(),
  }
}
