// Who may import whom (.dependency-cruiser.mjs), and that anything was looked at: with a TypeScript it cannot read,
// dependency-cruiser finds no modules, no breaches, and exits 0.
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import rules from '../.dependency-cruiser.mjs'

const LEAST_MODULES = 100

export interface Breach {
  readonly rule: string
  readonly from: string
  readonly to: string
}

export interface Layers {
  readonly modules: number
  readonly breaches: readonly Breach[]
}

/** Cruises `src` below `root`. */
export async function checkLayers(root: string): Promise<Layers> {
  const options = {
    ...rules.options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: rules.forbidden },
    outputType: 'json',
  } as unknown as ICruiseOptions
  const { output } = await cruise(['src'], options, { ...rules.options.enhancedResolveOptions })
  const result = (typeof output === 'string' ? JSON.parse(output) : output) as ICruiseResult
  return {
    modules: result.modules.filter(({ source }) => source.startsWith('src/')).length,
    breaches: result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  }
}

if (import.meta.main) {
  const { modules, breaches } = await checkLayers(`${import.meta.dir}/..`)
  for (const { rule, from, to } of breaches) console.error(`${from} → ${to}: ${rule}`)
  if (modules < LEAST_MODULES)
    console.error(`only ${modules} modules were found under src; at least ${LEAST_MODULES} are there`)
  console.log(`layers: ${modules} modules, ${breaches.length} breaches`)
  process.exitCode = breaches.length > 0 || modules < LEAST_MODULES ? 1 : 0
}
