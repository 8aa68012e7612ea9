// What witnesses remember, for `audit verify`: from a witness's directory, or from its address. Believed is only what its
// key signed; where it cannot be reached, nothing is verified, for nobody asked for less.
import { resolve } from 'node:path'
import { readWitnessKey, type WitnessKey } from '#audit/verify/cosignature.ts'
import {
  placeOfOrigin,
  readWitnessDirectory,
  readWitnessed,
  type Witnessed,
  type WitnessReading,
} from '#audit/verify/witnessed.ts'
import type { Look } from '#upstream/look.ts'
import { type Io, UsageError } from './io.ts'

/** For one answer, and for all that a witness is asked. */
const PATIENCE_MS = { one: 10_000, all: 60_000 } as const
const AT_ONCE = 8
const MOST_LOGS = 10_000

/** One key for each place, in their order. Throws an Error that says which witness cannot be read, and why. */
export async function readWitnesses(
  places: readonly string[],
  keys: readonly string[],
  io: Pick<Io, 'cwd'>,
  look: () => Look,
): Promise<readonly WitnessReading[]> {
  if (places.length !== keys.length)
    throw new UsageError('--witness and --witness-key go together: the key that `sallyport witness key` printed there')
  const readings: WitnessReading[] = []
  for (const [at, place] of places.entries()) {
    const key = readWitnessKey(keys[at] ?? '')
    if (!key) throw new UsageError('--witness-key takes the verifier key of a witness: NAME+ID+BASE64')
    const reading = /^https?:\/\//.test(place)
      ? await overHttp(place.replace(/\/+$/, ''), key, look())
      : await fromDirectory(resolve(io.cwd, place), key)
    const nothing = reading.witnessed.length === 0 && reading.faults.length === 0
    readings.push(nothing ? { ...reading, faults: [`the witness ${place} remembers no log`] } : reading)
  }
  return readings
}

async function fromDirectory(directory: string, key: WitnessKey): Promise<WitnessReading> {
  try {
    return await readWitnessDirectory(directory, key)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    throw new Error(`the witness's directory ${directory} cannot be read (${String(cause.code)})`, { cause })
  }
}

/** Which logs it knows is its own word, and so is how long it takes; what it says of each is signed. */
async function overHttp(address: string, key: WitnessKey, look: Look): Promise<WitnessReading> {
  const until = performance.now() + PATIENCE_MS.all
  const get = (path: string): Promise<Buffer> => {
    const left = until - performance.now()
    if (left <= 0)
      throw new Error(`the witness cannot be asked: ${address} took more than ${PATIENCE_MS.all / 1000} s for it all`)
    return getOne(`${address}/${path}`, Math.min(PATIENCE_MS.one, Math.ceil(left)), look)
  }
  const origins = (await get('logs')).toString().split('\n').slice(0, -1)
  if (origins.length > MOST_LOGS) throw new Error(`the witness ${address} names more than ${MOST_LOGS} logs`)
  const witnessed: Witnessed[] = []
  const faults: string[] = []
  for (let at = 0; at < origins.length; at += AT_ONCE) {
    const some = origins.slice(at, at + AT_ONCE)
    const notes = await Promise.all(some.map(async (origin) => get(`${placeOfOrigin(origin)}/checkpoint`)))
    for (const [of, origin] of some.entries()) {
      const read = readWitnessed(notes[of] ?? Buffer.alloc(0), key)
      const why = typeof read === 'string' ? read : read.origin === origin ? undefined : `it is of ${read.origin}`
      if (why !== undefined) faults.push(`what ${address} has for ${origin} vouches for nothing: ${why}`)
      else if (typeof read === 'object') witnessed.push(read)
    }
  }
  return { witnessed, faults }
}

async function getOne(url: string, within: number, look: Look): Promise<Buffer> {
  const looked = await look({ url, within, headers: { accept: 'text/plain' } })
  if (!looked.ok) throw new Error(`the witness cannot be asked: ${url} ${looked.said}`)
  if (looked.status !== 200) throw new Error(`the witness cannot be asked: ${url} answers ${looked.status}`)
  return Buffer.from(looked.bytes)
}
