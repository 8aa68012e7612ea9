// What the archive process says of its chores: it has no door of its own, so it leaves its figures in a file.
import { readFile } from 'node:fs/promises'
import { type Family, gauge, type Labels } from './family.ts'

interface ChoreFigures {
  readonly name: string
  readonly behind: number
  readonly dropped: number
  readonly refused: number
  readonly failing: boolean
}

/** What was left longer ago is of a process that is gone, or stuck. */
const STALE_MS = 60_000
const MOST_CHORES = 64
const OWN: Labels = { worker: 'archive' }

/** Says that it is away where the file is missing, old or broken. Never rejects. */
export async function archiveFigures(path: string, now: number): Promise<readonly Family[]> {
  const chores = await readFile(path, 'utf8').then(
    (text) => choresIn(text, now),
    () => undefined,
  )
  const up = gauge(
    { name: 'sallyport_archive_up', help: '1 where the archive process said lately how it stands.' },
    OWN,
    [[{}, chores ? 1 : 0]],
  )
  if (!chores) return [up]
  const of = (
    name: string,
    help: string,
    value: (chore: ChoreFigures) => number,
    type: 'gauge' | 'counter' = 'gauge',
  ) =>
    gauge(
      { name, help, type },
      OWN,
      chores.map((chore) => [{ chore: chore.name }, value(chore)]),
    )
  return [
    up,
    of('sallyport_chore_behind', 'Entries, or files, that wait for a chore.', ({ behind }) => behind),
    of('sallyport_chore_dropped_total', 'Entries that a chore passed over.', ({ dropped }) => dropped, 'counter'),
    of('sallyport_chore_refused_total', 'Entries that were refused for good.', ({ refused }) => refused, 'counter'),
    of('sallyport_chore_failing', '1 where a chore fails, or stopped in part.', ({ failing }) => (failing ? 1 : 0)),
  ]
}

function choresIn(text: string, now: number): readonly ChoreFigures[] | undefined {
  let left: unknown
  try {
    left = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof left !== 'object' || left === null || !('at' in left) || !('chores' in left)) return undefined
  const { at, chores } = left
  if (typeof at !== 'number' || !(Math.abs(now - at) <= STALE_MS) || !Array.isArray(chores)) return undefined
  const byName = new Map<string, ChoreFigures>()
  for (const each of chores.slice(0, MOST_CHORES)) {
    const chore = choreOf(each)
    if (chore) byName.set(chore.name, chore)
  }
  return [...byName.values()]
}

function choreOf(value: unknown): ChoreFigures | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, behind, dropped, refused, failing } = value as Readonly<Record<keyof ChoreFigures, unknown>>
  if (typeof name !== 'string' || name.length > 128) return undefined
  const count = (number: unknown): number => (typeof number === 'number' && number >= 0 ? number : 0)
  return { name, behind: count(behind), dropped: count(dropped), refused: count(refused), failing: failing === true }
}
