// `sallyport audit verify`: proves the logs from their files alone, and says what no look at them can tell.
import { join, resolve } from 'node:path'
import { publicHalves } from '#audit/key.ts'
import { type Report, WITHOUT_WITNESS } from '#audit/verify/report.ts'
import { readVerifierKey } from '#audit/verify/signed-note.ts'
import { verifyAll } from '#audit/verify/verify-all.ts'
import { readWitnesses } from './audit-verify-witness.ts'
import { type Io, UsageError } from './io.ts'
import { noLog } from './no-log.ts'
import { readOptions } from './options.ts'
import { type Paint, painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { ownLook } from './sallyport-at.ts'
import { plainTexts, printJson } from './terminal.ts'

export async function auditVerify(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    options: {
      all: { type: 'boolean' },
      json: { type: 'boolean' },
      key: { type: 'string', multiple: true },
      witness: { type: 'string', multiple: true },
      'witness-key': { type: 'string', multiple: true },
      directory: { type: 'string' },
    },
    allowPositionals: true,
  })
  const [log] = positionals
  if ((log === undefined) === (values.all !== true) || positionals.length > 1) {
    throw new UsageError('audit verify takes --all, or the name of one log')
  }
  const pinned = pinnedKeys(values.key ?? [])
  // Before the logs: these only grow meanwhile.
  const readings = await readWitnesses(values.witness ?? [], values['witness-key'] ?? [], io, ownLook)
  const { home } = io.settings
  const copy = values.directory === undefined ? undefined : resolve(io.cwd, values.directory)
  const directory = copy ?? join(home, 'audit')
  // A copy is held to what is said of it from elsewhere: the keys here may be those of other logs of the same names.
  const ours = copy === undefined ? await publicHalves(join(home, 'keys')) : new Map<string, string>()
  // A single log is held to its recorded birth, too: everything is read, and one report is shown, with those of the logs
  // whose key was given: a control log that is not the one meant vouches for nothing.
  const vouchings = [
    { by: '--key', keys: pinned },
    { by: join(home, 'keys'), keys: ours },
  ]
  const report = await verifyAll(directory, vouchings, readings)
  const logs = log === undefined ? report.logs : report.logs.filter((each) => each.log === log || pinned.has(each.log))
  if (!logs.some((each) => log === undefined || each.log === log)) {
    return noLog(
      log,
      report.logs.map((each) => each.log),
      io,
      directory,
    )
  }
  const { faults, notes } = report
  const ok = logs.every((each) => each.ok) && faults.length === 0
  if (values.json === true) io.out(printJson({ ok, logs, notes, faults }, 2))
  else {
    const paint = painter(io.color)
    for (const line of verdicts(plainTexts(logs), paint)) io.out(line)
    for (const line of faults) io.out(`${paint.bad('✗')} ${plain(line)}`)
    for (const line of [...notes, ...notesOnWitnesses(logs)]) io.out(`note  ${plain(line)}`)
  }
  return ok ? 0 : 1
}

/** What nobody could say: of all logs where there is no witness, of those that none has seen, of what came after. */
function notesOnWitnesses(logs: readonly Report[]): readonly string[] {
  const unseen = logs.filter(({ witnessed }) => witnessed.length === 0)
  if (unseen.length === logs.length) return WITHOUT_WITNESS
  const after =
    'The history is vouched for up to the entry and the time at which a witness saw it; what came after that, nobody has seen.'
  if (unseen.length === 0) return [after]
  return [after, `No witness has seen ${unseen.map(({ log }) => log).join(', ')}.`, ...WITHOUT_WITNESS]
}

/** `LOG=NOTEKEY`, as often as there are logs. */
function pinnedKeys(pins: readonly string[]): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const pin of pins) {
    const [, log, key] = /^([a-z][a-z0-9-]{0,62})=(\S+)$/.exec(pin) ?? []
    if (log === undefined || key === undefined || !readVerifierKey(key))
      throw new UsageError('--key takes LOG=NOTEKEY, with a verifier key as it stands in key.pub')
    if (keys.has(log)) throw new UsageError(`--key names ${log} twice`)
    keys.set(log, key)
  }
  return keys
}

function verdicts(logs: readonly Report[], paint: Paint): readonly string[] {
  const width = Math.max(...logs.map(({ log }) => log.length))
  return logs.flatMap((report) => {
    const name = report.log.padEnd(width)
    if (!report.ok) {
      const faults = report.problems.map(({ message }) => `${name}  ${paint.bad('✗')} ${message}`)
      return [...faults, `${' '.repeat(width)}    ${KEEP}`]
    }
    // Recorded, and signed within a second.
    const waiting = report.waiting > 0 ? `   ${report.waiting} waiting to be signed` : ''
    const count = `${report.entries} ${report.entries === 1 ? 'entry' : 'entries'}`
    const seen = report.witnessed.map(({ by, entries, time }) => `   ${by} saw ${entries} at ${time}`).join('')
    return [`${name}  ${count.padStart(12)}  root ${report.root.slice(0, 16)}…  ${paint.good('ok')}${waiting}${seen}`]
  })
}

const KEEP = 'Keep its files as they are, and compare them with a copy that verifies.'
