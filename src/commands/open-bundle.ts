import { loadBundle } from '#policy/bundle/load-bundle.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { Io } from './io.ts'
import { printProblems } from './print-problems.ts'

/** Loads a bundle, or prints what is wrong with it and returns undefined. Warnings are left to `sallyport check`. */
export async function openBundle(
  directory: string,
  io: Pick<Io, 'err' | 'color' | 'environment'>,
): Promise<Bundle | undefined> {
  const loaded = await loadBundle(directory, { environment: (name) => Boolean(io.environment[name]) })
  if (loaded.ok) return loaded.bundle
  printProblems(loaded.problems, io)
  io.err(`sallyport: the bundle ${directory} cannot be used; \`sallyport check ${directory}\` says the same`)
  return undefined
}
