// `sallyport witness`: remembers how far each log went, and signs it, under another user or on another machine than the
// logs. It reads nothing of the bundle and nothing in SALLYPORT_HOME: what it says must not depend on who writes the logs.
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer } from '#audit/witness/answer.ts'
import { listenWitness } from '#audit/witness/listen.ts'
import { type Sighting, type Watch, watchFolder } from '#audit/witness/look.ts'
import { type LogKey, readLogKey } from '#audit/witness/memory.ts'
import { ownKey } from '#audit/witness/own-key.ts'
import { makeTrust, type Trust } from '#audit/witness/trust.ts'
import { openWitness, type Witness } from '#audit/witness/witness.ts'
import { systemClock } from '#lib/clock.ts'
import { takeLock } from '#store/lock.ts'
import { type Io, UsageError } from './io.ts'
import { painter } from './paint.ts'
import { portTaken } from './port-taken.ts'
import { plain } from './print-problems.ts'
import { stopRequested } from './signals.ts'
import { isFault, sightingLine } from './witness-lines.ts'
import { type WitnessOptions, witnessOptions } from './witness-options.ts'

export async function witness(args: readonly string[], io: Io): Promise<number> {
  const options = witnessOptions(args, io)
  const { home, name, verb } = options
  const keys = await givenKeys(options)
  await mkdir(home, { recursive: true, mode: 0o755 })
  const lock = takeLock(join(home, 'witness.lock'))
  if (!lock) {
    io.err(`sallyport: another witness is at work in ${home}`)
    return 1
  }
  try {
    // Everybody may read what is here; whoever could open the lock could hold it.
    await chmod(join(home, 'witness.lock'), 0o600)
    const cosigner = await ownKey(home, () => randomBytes(32), name)
    if (verb === 'key') {
      io.out(cosigner.verifierKey)
      return 0
    }
    const opened = await openWitness({ home, cosigner, now: () => systemClock.now() })
    const trust = makeTrust([...opened.remembered().map(({ log }) => log), ...keys])
    return await run(options, opened, trust, io)
  } finally {
    lock.release()
  }
}

async function givenKeys({ logs, list }: WitnessOptions): Promise<readonly LogKey[]> {
  const listed = list === undefined ? '' : await readFile(list, 'utf8')
  const lines = listed.split('\n').map((line) => line.replace(/#.*/, '').trim())
  return [...logs, ...lines.filter((line) => line !== '')].map((line) => {
    const key = readLogKey(line)
    if (!key) throw new UsageError(`${JSON.stringify(plain(line))} is no verifier key of a log, as in its key.pub`)
    return key
  })
}

async function run(options: WitnessOptions, opened: Witness, trust: Trust, io: Io): Promise<number> {
  const { folder, listen, once, every } = options
  if (folder !== undefined && trust.all().length === 0) {
    throw new UsageError(`name the control log by its key: --log "$(cat ${join(folder, 'control/key.pub')})"`)
  }
  const watch = folder === undefined ? undefined : watchFolder(folder, opened, trust)
  if (watch && once) return lookOnce(watch, io)
  const stopped = stopRequested()
  io.err(`sallyport witness: ${opened.cosigner.verifierKey}`)
  const door = listen && openDoor(listen, opened, trust, io)
  if (door instanceof Error) return portTaken(door, listen?.host ?? '', listen?.port ?? 0, io)
  try {
    if (watch) await keepLooking(watch, every, stopped, io)
    else await stopped
    return 0
  } finally {
    await door?.stop()
  }
}

function openDoor(
  { host, port }: { readonly host: string; readonly port: number },
  opened: Witness,
  trust: Trust,
  io: Io,
) {
  const say = (line: string): void => io.err(plain(`sallyport witness: ${line}`))
  try {
    const door = listenWitness({ host, port, answer: (asked) => answer(asked, opened, trust, say), say })
    say(`takes checkpoints at http://${host.includes(':') ? `[${host}]` : host}:${door.port}/add-checkpoint`)
    return door
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error
    throw error
  }
}

async function lookOnce(watch: Watch, io: Io): Promise<number> {
  const sightings = await watch.look()
  for (const line of lines(sightings, io)) io.out(line)
  if (sightings.length === 0) io.err('sallyport witness: there is no log in this folder')
  return sightings.length > 0 && !sightings.some(isFault) ? 0 : 1
}

function lines(sightings: readonly Sighting[], io: Pick<Io, 'color'>): readonly string[] {
  const width = Math.max(0, ...sightings.map(({ log }) => log.length))
  return sightings.map((sighting) => sightingLine(sighting, width, painter(io.color)))
}

/** Says what changed: a log that is new, a fault that begins, one that is over. */
async function keepLooking(watch: Watch, every: number, stopped: Promise<void>, io: Io): Promise<void> {
  const said = new Map<string, string>()
  const over = new AbortController()
  void stopped.then(() => over.abort())
  while (!over.signal.aborted) {
    try {
      const sightings = await watch.look()
      const all = lines(sightings, io)
      for (const [at, sighting] of sightings.entries()) {
        // A log grows all the time; that it is well is said once.
        const state = sighting.kind === 'cosigned' ? 'well' : (all[at] ?? '')
        if (said.get(sighting.log) !== state) io.out(`${new Date(systemClock.now()).toISOString()}  ${all[at] ?? ''}`)
        said.set(sighting.log, state)
      }
    } catch (error) {
      io.err(plain(`sallyport witness: ${error instanceof Error ? error.message : String(error)}`))
    }
    await sleep(every, undefined, { signal: over.signal }).catch(() => undefined)
  }
}
