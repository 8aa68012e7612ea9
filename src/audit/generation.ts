// Logs come in generations: `gateway-0`, then `gateway-0-2`, `gateway-0-3`… Each is a whole log, with a directory, key, birth and
// seal of its own, so that an old one can be verified, copied and removed without touching the next. None is ever renamed.
import { readdir } from 'node:fs/promises'
import type { RetentionClass } from '#access/keeping.ts'
import { logNames } from './log-files.ts'

export interface Generation {
  /** The name of the first: `gateway-0`. */
  readonly family: string
  /** From 1. */
  readonly number: number
}

/** Of the name of a log. The number of a worker is no generation; no other family ends in a dash and a number. */
export function generationOf(log: string): Generation {
  const [, family = log, number] =
    /^(gateway-\d{1,2})(?:-([2-9]|[1-9]\d{1,5}))?$/.exec(log) ?? /^(.+?)(?:-([2-9]|[1-9]\d{1,5}))?$/.exec(log) ?? []
  return { family, number: Number(number ?? 1) }
}

export function generationName({ family, number }: Generation): string {
  return number === 1 ? family : `${family}-${number}`
}

export interface Folders {
  /** Where all logs lie. */
  readonly directory: string
  readonly keys: string
}

/**
 * Numbers of the generations of a family, ascending: those whose key is in `keys`. Whoever can write below `directory` alone can put a
 * log there that looks like the next one. A key without its log counts: a generation that vanished is then missed when it is opened,
 * where the one before it would be taken for the newest.
 */
export async function generationsOf({ keys }: Pick<Folders, 'keys'>, family: string): Promise<readonly number[]> {
  const ofKeys = (await readdir(keys).catch((): string[] => [])).flatMap(
    (name) => /^audit-([a-z][a-z0-9-]{0,62})\.key$/.exec(name)?.[1] ?? [],
  )
  return numbersOf(ofKeys, family)
}

/** Numbers of logs that are named as generations of the family are, ascending. */
export async function numbersBelow(
  { directory }: Pick<Folders, 'directory'>,
  family: string,
): Promise<readonly number[]> {
  return numbersOf(await logNames(directory), family)
}

function numbersOf(logs: readonly string[], family: string): readonly number[] {
  const numbers = logs.map(generationOf).flatMap((found) => (found.family === family ? found.number : []))
  return [...new Set(numbers)].sort((left, right) => left - right)
}

/** How long the entries of a log must be kept follows from what its family records. */
export function retentionClassOf(log: string): RetentionClass {
  const { family } = generationOf(log)
  if (family.startsWith('gateway-')) return 'exchanges'
  return family === 'reads' || family.startsWith('reads-') ? 'reads' : 'changes'
}
