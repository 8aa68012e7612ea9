// `sallyport key rotate`: a new secret for a key. Its id stays, the old secret goes on for a while, a suspension is over.
import { lastUsed, type VirtualKey } from '#access/virtual-key.ts'
import { MOST_OVERLAP, rotate } from '#store/key-changes.ts'
import { keyRecord } from '#store/key-record.ts'
import { type Io, UsageError } from './io.ts'
import { makeSecret } from './key-secret.ts'
import { beside, intoFile, keyId, type KeyTools, requireKeys, systemTools } from './key-tools.ts'
import { withLastUses } from './key-last-uses.ts'
import { printMoment, readDuration } from './moments.ts'
import { readOptions } from './options.ts'
import { withKeyRegister } from './owner-log.ts'
import { painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { printJson } from './terminal.ts'
import { readWhy } from './key-why.ts'

const OPTIONS = {
  overlap: { type: 'string' },
  why: { type: 'string', default: 'a new secret' },
  out: { type: 'string' },
  json: { type: 'boolean' },
} as const

const OVERLAP = '24h'

export async function rotateKey(args: readonly string[], io: Io, tools: KeyTools = systemTools): Promise<number> {
  const { values, positionals } = readOptions({ args: [...args], options: OPTIONS, allowPositionals: true })
  const id = keyId(positionals, 'rotate')
  const overlap = readDuration(values.overlap ?? OVERLAP)
  if (overlap === undefined || overlap > MOST_OVERLAP)
    throw new UsageError('--overlap takes a duration from 0s to 30d, such as 24h')
  const why = readWhy(values.why)
  requireKeys(io)
  const { text, sha256 } = makeSecret(id, tools.random)
  const now = tools.now()
  let wasSuspended = false
  // An abandoned secret does not come back by itself: whoever found it meanwhile would be let in by the rotation.
  const overlapOf = (found: VirtualKey): number => {
    wasSuspended = isSuspended(found, io.settings.home, now)
    return wasSuspended && values.overlap === undefined ? 0 : overlap
  }
  const [key] = await intoFile(values.out, [text], io, () =>
    withKeyRegister(io.settings.home, io, (register) =>
      register.change((held) => {
        const found = held.find((each) => each.id === id)
        if (!found) throw new Error(`there is no key ${id}; sallyport key list shows them`)
        return [{ key: rotate(found, { sha256, overlap: overlapOf(found), now }), why }]
      }),
    ),
  )
  if (!key) return 1
  const shown = values.out === undefined ? { key: text } : { out: values.out }
  if (values.json === true) io.out(printJson({ ...keyRecord(key), ...shown }))
  else if (values.out === undefined) io.out(text)
  const say = beside(io)
  const old = oldSecret(now + overlap, {
    ended: overlap === 0,
    abandoned: wasSuspended && values.overlap === undefined,
  })
  const where =
    values.out === undefined ? 'Shown this once, and kept nowhere' : `It is in ${plain(values.out)}, and nowhere else`
  say(`${painter(io.color).good('✓')} key ${id} has a new secret; ${old}`)
  say(`  ${where}. The key itself ends ${printMoment(key.expires)}.`)
  return 0
}

function isSuspended(key: VirtualKey, home: string, now: number): boolean {
  if (key.unusedFor === undefined) return false
  return now - withLastUses(home, (lastOf) => lastUsed(key, lastOf(key.id), now)) >= key.unusedFor
}

function oldSecret(
  until: number,
  { ended, abandoned }: { readonly ended: boolean; readonly abandoned: boolean },
): string {
  if (abandoned) return 'it was suspended, so the old one ended with this'
  return ended ? 'the old one ended with this' : `the old one ends ${printMoment(until)}`
}
