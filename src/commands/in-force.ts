// Which bundle is in force. A reload takes the whole new bundle or nothing, and each change is recorded before it counts.
import type { Trail } from '#access/trail.ts'
import type { Bundle } from '#policy/bundle/bundle.ts'
import type { Activated } from './activate.ts'

export interface InForce {
  active(): Activated
  /** Never rejects: what is wrong is reported, and the old bundle stays. */
  reload(): Promise<void>
}

export interface Source {
  /** Undefined when the bundle is faulty, or may not follow the one before; what is wrong has been reported then. */
  load(before: Bundle | undefined): Promise<Bundle | undefined>
  activate(bundle: Bundle, before: Activated | undefined): Promise<Activated>
  readonly trail: Trail
  report(line: string): void
}

/** Undefined when the first bundle is faulty. */
export async function bundleInForce(source: Source): Promise<InForce | undefined> {
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
          ? `bundle ${short(next)} is in force`
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

const short = (active: Activated): string => active.bundle.hash.slice(0, 12)

async function take(source: Source, why: string, before: Activated | undefined): Promise<Activated | undefined> {
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
