// `sallyport demo tamper`: copies the state and changes one byte of one recorded entry of the copy, for `audit verify` to find.
import { existsSync } from 'node:fs'
import { cp, open, readdir, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { type Io, UsageError } from './io.ts'

export async function demoTamper(args: readonly string[], io: Io): Promise<number> {
  if (args.length > 0) throw new UsageError('demo tamper takes no arguments')
  const { home } = io.settings
  if (!existsSync(join(home, 'audit'))) {
    io.err(`sallyport: nothing is recorded in ${home}; start the demo with npm start, and send a request`)
    return 1
  }
  const copy = join(dirname(home), '.sallyport-tampered')
  await rm(copy, { recursive: true, force: true })
  // Only what the log is made of: the copy holds no key with which anything could be signed.
  await cp(join(home, 'audit'), join(copy, 'audit'), { recursive: true })
  const bundle = await lastBundle(join(copy, 'audit', 'gateway-0', 'tile', 'entries'))
  if (bundle === undefined) {
    io.err('sallyport: nothing has been recorded yet; send a request first')
    return 1
  }
  await changeOneByte(bundle)
  const near = relative(io.cwd, copy)
  const shown = near.startsWith('..') ? copy : near
  io.out(`copy ${shown}`)
  io.out(`one byte of one entry is changed there; SALLYPORT_HOME=${shown} npx sallyport audit verify --all finds it`)
  return 0
}

/** The entry bundle that the newest checkpoint covers last: partial ones of an older, smaller log may lie beside it. */
async function lastBundle(directory: string): Promise<string | undefined> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name))
  const byPlace = new Intl.Collator('en', { numeric: true })
  return files.sort(byPlace.compare).at(-1)
}

/** The first letter of a denial, where there is one: a forger would want another word there. */
async function changeOneByte(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const bytes = await file.readFile()
    const at = bytes.indexOf('"decision":"deny"')
    const place = at >= 0 ? at + '"decision":"'.length : Math.floor(bytes.length / 2)
    const changed = Buffer.from([(bytes[place] ?? 0) ^ 1])
    await file.write(changed, 0, 1, place)
  } finally {
    await file.close()
  }
}
