// Which bundle is in force. A reload takes the whole new bundle or nothing, and each change is recorded before it counts.
import type { Trail } from '#access/trail.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'

/** What a process makes of a bundle that is in force. */
interface Made {
  readonly bundle: Bundle
}

export interface InForce<Active extends Made> {
  active(): Active
  /** Never rejects: what is wrong is reported, and the old bundle stays. */
  reload(): Promise<void>
}

export interface Source<Active extends Made> {
  /** Undefined when the bundle is faulty, or may not follow the one before; what is wrong has been reported then. */
  load(before: Bundle | undefined): Promise<Bundle | undefined>
  activate(bundle: Bundle, before: Active | undefined): Promise<Active>
  /** What is said of one that was loaded again. */
  readonly loaded: (hash: string) => string
  readonly trail: Trail
  report(line: string): void
}

/** Undefined when the first bundle is faulty. */
export async function bundleInForce<Active extends Made>(source: Source<Active>): Promise<InForce<Active> | undefined> {
  const first = await take(source, 'start', undefined)
  if (!first) return undefined
  let current = first
  let reloading = Promise.resolve()

  const reload = async (): Promise<void> => {
    try {
      const next = await take(source, 'reload', current)
      if (next) current = next
      source.report(
        next
          ? source.loaded(short(next))
          : `the new bundle is faulty and was not taken; ${short(current)} stays in force`,
      )
    } catch (error) {
      source.report(`the bundle was not reloaded: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    active: () => current,
    reload() {
      // One after the other: two at once could end with the older one in force.
      reloading = reloading.then(reload)
      return reloading
    },
  }
}

const short = ({ bundle }: Made): string => bundle.hash.slice(0, 12)

async function take<Active extends Made>(
  source: Source<Active>,
  why: string,
  before: Active | undefined,
): Promise<Active | undefined> {
  const bundle = await source.load(before?.bundle)
  if (!bundle) return undefined
  const next = await source.activate(bundle, before)
  const change = {
    kind: 'change',
    what: 'bundle',
    subject: 'bundle',
    by: 'operator',
    why,
    ...(before ? { before: before.bundle.hash } : {}),
    after: bundle.hash,
  } as const
  await source.trail.append(change, 'machine')
  return next
}
