// The credentials inspector: the formats of issuers, values beside names that say so, and every secret that the gate holds.
import type { Inspector, Match } from '#access/inspector.ts'
import { type Anchors, compileAnchors } from './anchors.ts'
import { assignments } from './assignment.ts'
import { AUTHORIZATION } from './authorization.ts'
import { comparisons } from './comparison.ts'
import { CURL } from './curl.ts'
import { AI } from './formats/ai.ts'
import { BUSINESS } from './formats/business.ts'
import { CHAT } from './formats/chat.ts'
import { CLOUD } from './formats/cloud.ts'
import { CODE } from './formats/code.ts'
import { type HeldSecret, heldSecrets } from './held-secret.ts'
import { JWT } from './jwt.ts'
import { isClean } from './clean.ts'
import { HELD_BACK, openLane } from './lane.ts'
import { createClassifier } from './name.ts'
import { PRIVATE_KEY, PUTTY_KEY } from './private-key.ts'
import type { Format } from './reading.ts'
import { SHAPES } from './shapes.ts'
import { URL_PASSWORD } from './url-password.ts'

/** `secrets` is asked for each text; a new array, and only that, says that they have changed. */
export function credentialsInspector(options: { readonly secrets: () => readonly HeldSecret[] }): Inspector {
  let known: readonly HeldSecret[] = []
  let anchors = ISSUERS
  const current = (): Anchors => {
    const secrets = options.secrets()
    if (secrets !== known) {
      anchors = secrets.length === 0 ? ISSUERS : compileAnchors([...heldSecrets(secrets), ...FORMATS])
      known = secrets
    }
    return anchors
  }
  return {
    name: 'credentials',
    heldBack: HELD_BACK,
    open: () => openLane(current()),
    isClean: (text) => isClean(current(), text),
  }
}

const classify = createClassifier()

/** All that is looked for besides held secrets. */
export const FORMATS: readonly Format[] = [
  ...CLOUD,
  ...CODE,
  ...AI,
  ...CHAT,
  ...BUSINESS,
  ...SHAPES,
  JWT,
  PRIVATE_KEY,
  PUTTY_KEY,
  URL_PASSWORD,
  ...AUTHORIZATION,
  ...CURL,
  ...comparisons(classify),
  ...assignments(classify),
]

const ISSUERS: Anchors = compileAnchors(FORMATS)

/** A whole text by the formats alone. */
export function scanText(text: string): readonly Match[] {
  const lane = openLane(ISSUERS)
  return [...lane.push(text).matches, ...lane.finish().matches]
}

/**
 * The strongest evidence in the text, 0..1, also where it is too weak to be reported: from a half on it is. Formats are
 * certain; what stands beside a name is as strong as it was judged.
 */
export function scoreOf(text: string): number {
  let best = 0
  const lane = openLane(ISSUERS, (score) => {
    best = Math.max(best, score)
  })
  const matches = [...lane.push(text).matches, ...lane.finish().matches]
  if (matches.length === 0) return Math.min(best, 0.49)
  return matches.every(({ kind }) => JUDGED.test(kind)) ? Math.max(best, 0.5) : 0.95
}

const JUDGED = /^password$|-secret$/
