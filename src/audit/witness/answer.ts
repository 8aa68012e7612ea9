// A witness over HTTP: C2SP tlog-witness, `add-checkpoint` and the checkpoints that it cosigned, and a list of the logs
// that it knows, which the specification leaves out. Nobody signs in: what is served is public, and what is submitted is signed.
import { checkSignatures } from '#audit/verify/signed-note.ts'
import { placeOfOrigin } from '#audit/verify/witnessed.ts'
import { readSubmission } from './submission.ts'
import type { Trust } from './trust.ts'
import type { Witness } from './witness.ts'

export interface Asked {
  readonly method: string
  /** As it was sent, without a query. */
  readonly path: string
  /** Empty unless it is a POST. */
  readonly body: Buffer
}

export interface Answered {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly allow?: string
}

/** Rejects where what was to be signed could not be written; nothing was signed then. */
export async function answer(asked: Asked, witness: Witness, trust: Trust, tell: Tell): Promise<Answered> {
  const { method, path } = asked
  if (path === '/add-checkpoint')
    return method === 'POST' ? addCheckpoint(asked.body, witness, trust, tell) : only('POST')
  const [, place] = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path) ?? []
  const isRead = place !== undefined || path === '/logs' || path === '/healthz'
  if (!isRead) return text(404, 'Nothing is served here.')
  if (method !== 'GET') return only('GET')
  const known = witness.remembered()
  if (path === '/healthz') return text(200, 'alive')
  if (path === '/logs') return { ...text(200, ''), body: known.map(({ log }) => `${log.key.name}\n`).join('') }
  const found = known.find(({ log }) => placeOfOrigin(log.key.name) === place)
  return found
    ? { ...text(200, ''), body: found.note }
    : text(404, 'This witness never cosigned a checkpoint of that log.')
}

/** Told of what a log did that it must not do: two checkpoints that cannot both be true. */
export type Tell = (line: string) => void

async function addCheckpoint(body: Buffer, witness: Witness, trust: Trust, tell: Tell): Promise<Answered> {
  const submission = readSubmission(body)
  if (typeof submission === 'string') return text(400, submission)
  const { note, old, proof } = submission
  const log = trust.keyOf(note.origin)
  if (!log) return text(404, 'This witness does not know that log.')
  if (checkSignatures(note, log.key) !== 'holds')
    return text(403, 'The checkpoint is not signed with the key of that log.')
  const conflict = new Conflict()
  try {
    const verdict = await witness.consider(note, log, async (before) => {
      if (old !== (before?.size ?? 0)) throw conflict
      return proof
    })
    switch (verdict.kind) {
      case 'cosigned':
        return { ...text(200, ''), body: `${verdict.now.line}\n` }
      case 'smaller':
        return sized(verdict.seen.size)
      case 'forked': {
        // The specification has the old size looked at first: without it, nobody is told that this is a fork.
        tell(`${note.origin} forked at ${note.size} entries; both checkpoints are in ${verdict.kept}`)
        return old === verdict.seen.size ? text(422, 'Another checkpoint of this size was cosigned.') : sized(note.size)
      }
      case 'unproven':
        tell(`${note.origin} sent a checkpoint of ${note.size} entries whose proof does not hold`)
        return text(422, 'The proof does not hold.')
    }
  } catch (error) {
    if (error === conflict) return sized(witness.recollect(note.origin)?.size ?? 0)
    throw error
  }
}

class Conflict extends Error {
  override readonly name = 'Conflict'
}

const sized = (size: number): Answered => ({ status: 409, type: 'text/x.tlog.size', body: `${size}\n` })
const text = (status: number, said: string): Answered => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${said}\n`,
})
const only = (method: string): Answered => ({ ...text(405, `Only ${method} is served here.`), allow: method })
