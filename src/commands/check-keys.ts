// The virtual keys of a state directory, held against a bundle: what `sallyport check` says of them.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { VirtualKey } from '#access/virtual-key.ts'
import type { Config } from '#policy/bundle/config.ts'
import { suggest } from '#policy/bundle/nearest.ts'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import { mark, plain } from './print-problems.ts'

export interface KeyProblem {
  readonly severity: 'error' | 'warning'
  /** Its id, and whom it is for: `7HkQ2mVxw0Za (App intake)`. */
  readonly key: string
  readonly message: string
  readonly fix: string
}

export interface CheckedKeys {
  /** That are neither revoked nor expired. */
  readonly count: number
  readonly problems: readonly KeyProblem[]
}

/** Undefined where no keys are kept. `now` in milliseconds; throws a Refusal `not_ready` for a store that cannot be read. */
export function checkKeys(home: string, config: Config, now: number): CheckedKeys | undefined {
  const path = join(home, 'control.db')
  if (!existsSync(path)) return undefined
  const store = openVirtualKeys(path)
  try {
    const keys = store.all().filter(({ revoked, expires }) => !revoked && now < expires)
    return { count: keys.length, problems: keys.flatMap((key) => keyProblems(key, config)) }
  } finally {
    store.close()
  }
}

export function keyProblems(key: VirtualKey, config: Config): readonly KeyProblem[] {
  const name = `${key.id} (${key.principal.type} ${key.principal.id})`
  const { team, models, users } = key
  const lacking = [
    ...(team === undefined ? [] : missing('a team', [team], config.teams)),
    ...missing('a model', models, config.models),
    ...missing('an issuer', users, config.issuers),
  ]
  const of = (severity: KeyProblem['severity'], { message, fix }: Said): KeyProblem => ({
    severity,
    key: name,
    message,
    fix,
  })
  return [...proofErrors(key, config).map((said) => of('error', said)), ...lacking.map((said) => of('warning', said))]
}

interface Said {
  readonly message: string
  readonly fix: string
}

/** A key is never the whole proof, and with a network alone it is one for tier 1 only. */
function proofErrors({ id, principal, networks, users, models }: VirtualKey, config: Config): readonly Said[] {
  const again = `Revoke it (sallyport key revoke ${id} --why TEXT), and make another`
  if (networks.length === 0 && users.length === 0)
    return [
      { message: 'has neither networks nor users: it would authenticate alone', fix: `${again} with one of them.` },
    ]
  if (principal.type === 'User' && networks.length === 0)
    return [{ message: 'is a personal key without a network', fix: `${again} with --network.` }]
  if (users.length > 0) return []
  const above = models.filter((model) => (config.models.get(model)?.system.tier ?? 1) > 1)
  if (above.length === 0) return []
  const message = `is taken from a network alone, and names ${above.join(', ')} above tier 1`
  const fix = principal.type === 'User' ? `${again} without them.` : `${again} without them, or with --users ISSUER.`
  return [{ message, fix }]
}

function missing(what: string, names: readonly string[], known: ReadonlyMap<string, unknown>): readonly Said[] {
  return names
    .filter((name) => !known.has(name))
    .map((name) => ({
      message: `names ${what} that the bundle lacks: ${name}`,
      fix: `${suggest(name, [...known.keys()])} A key is never edited: add it to the bundle, or make another.`,
    }))
}

/** Two lines a problem. */
export function keyProblemLines(problems: readonly KeyProblem[], color: boolean): readonly string[] {
  return problems.flatMap(({ severity, key, message, fix }) => [
    `${mark(severity, color)} key ${plain(key)}  ${severity === 'warning' ? 'warning: ' : ''}${plain(message)}`,
    `    ${plain(fix)}`,
  ])
}
