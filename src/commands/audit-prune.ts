// `sallyport audit prune`: removes sealed logs that were kept for as long as the bundle says. The removal is recorded in the owner's log
// before anything of a log is gone; one that was cut off on the way is finished by the next run. Copies elsewhere are not touched.
import { existsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Trail } from '#access/trail.ts'
import { keyFile, publicHalves } from '#audit/key.ts'
import { logNames } from '#audit/log-files.ts'
import { type AuditReport, verifyAll } from '#audit/verify/verify-all.ts'
import { withLog } from './brief-log.ts'
import { type Io, UsageError } from './io.ts'
import { readWhy } from './key-why.ts'
import { type OldLog, type OldLogs, oldLogs } from './log-generations.ts'
import { openBundle } from './open-bundle.ts'
import { readOptions } from './options.ts'
import { plain } from './print-problems.ts'
import { type StateDirectory, stateDirectory } from './state-directory.ts'
import { systemUser } from './system-user.ts'

export async function auditPrune(args: readonly string[], io: Io, now: number = Date.now()): Promise<number> {
  const { values } = readOptions({
    args: [...args],
    options: { bundle: { type: 'string' }, why: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  })
  const dry = values['dry-run'] === true
  if (values.why === undefined && !dry) throw new UsageError('audit prune takes --why TEXT, or --dry-run')
  const why = values.why === undefined ? '' : readWhy(values.why)
  const bundle = await openBundle(resolve(io.cwd, values.bundle ?? 'bundle'), io)
  if (!bundle) return 1
  const { home } = io.settings
  const [audit, keys] = [join(home, 'audit'), join(home, 'keys')]
  const { retention } = bundle.config.audit
  const vouchings = async () => [{ by: keys, keys: await publicHalves(keys) }]
  if (dry) {
    const found = await oldLogs({ audit, retention, now, vouchings: await vouchings() })
    return tell(found, 'would be removed', io)
  }
  const state = await stateDirectory(home)
  return withLog(state, { log: 'owner', tool: 'owner of this state directory' }, io, async (trail) => {
    const ours = await vouchings()
    const verified = await verifyAll(audit, ours)
    for (const log of await leftOver(state, verified)) {
      await takeAway(state, log)
      io.out(`${log} removed: what an earlier run had begun`)
    }
    const found = await oldLogs({ audit, retention, now, vouchings: ours, verified })
    const by = await systemUser()
    for (const old of found.removable) {
      await recordRemoval(trail, old, { by, why })
      // Under the checkpoint: until it is, nothing that looks at the logs counts the removal.
      await trail.integrate()
      await takeAway(state, old.log)
    }
    return tell(found, 'removed', io)
  })
}

/** Of size and root it says what a copy elsewhere can be compared with. */
async function recordRemoval(
  trail: Trail,
  { log, entries, root }: OldLog,
  { by, why }: { readonly by: string; readonly why: string },
): Promise<void> {
  const before = `${entries} ${root}`
  await trail.append({ kind: 'change', what: 'log-removal', subject: log, by, why, before }, 'machine')
}

/** Logs whose removal counts, in an owner's log that verifies and of a seal that is recorded, and of which something is still there. */
async function leftOver(state: StateDirectory, { removed }: AuditReport): Promise<readonly string[]> {
  const names = await logNames(state.audit)
  return [...removed.keys()].filter((log) => names.includes(log) || existsSync(keyFile({ keys: state.keys, log })))
}

/**
 * The key first: a key without its log would be taken for a log that vanished. Then the checkpoint: without one a verification knows that
 * it looks at what is left, where in a copy the whole log may stand.
 */
async function takeAway({ audit, keys }: StateDirectory, log: string): Promise<void> {
  await rm(keyFile({ keys, log }), { force: true })
  await settle(keys)
  // Not through a link: it could lead to another log.
  if ((await logNames(audit)).includes(log)) await rm(join(audit, log, 'checkpoint'), { force: true })
  await rm(join(audit, log), { recursive: true, force: true })
  await settle(audit)
}

async function settle(directory: string): Promise<void> {
  const file = await open(directory, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Returns the exit code: 1 where a log that is old enough is not as it should be. */
function tell({ removable, kept }: OldLogs, done: string, io: Io): number {
  for (const { log, kind, entries, root, sealed } of removable) {
    const what = `${entries} ${entries === 1 ? 'entry' : 'entries'} of ${kind}, sealed ${sealed.slice(0, 10)}`
    io.out(plain(`${log} ${done}: ${what}, root ${root.slice(0, 16)}…`))
  }
  for (const { log, why } of kept) io.err(plain(`sallyport: ${log} stays: ${why}`))
  if (removable.length === 0 && kept.length === 0) io.out('No sealed log has been kept for as long as it must be.')
  return kept.some(({ why }) => why === 'it does not verify') ? 1 : 0
}
