// A bundle in force: immutable, whole, and named by its hash. Made only by `loadBundle`.
import type { Case } from '#policy/bundle/read-cases.ts'
import type { EntityLookup } from '#policy/cedar/entity-set.ts'
import type { ParsedPolicy } from '#policy/cedar/parsed-policy.ts'
import type { PolicySet } from '#policy/cedar/policy-set.ts'
import type { Config } from './config.ts'
import type { Problem } from './problem.ts'

export interface Bundle {
  /** SHA-256 in hex over all files; `hashBundle` says how. */
  readonly hash: string
  /** Path to text, the base policies among them: enough to load the same bundle again. Holds no secret, only references. */
  readonly files: ReadonlyMap<string, string>
  readonly config: Config
  /** In file order, the base policies first. */
  readonly policies: readonly ParsedPolicy[]
  readonly policySet: PolicySet
  /** The bundle's own entities; a request's are laid over them. */
  readonly entities: EntityLookup
  /** The Cedar schema that the policies were validated against. */
  readonly schema: string
  readonly cases: readonly Case[]
  readonly warnings: readonly Problem[]
}
