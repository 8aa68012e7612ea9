// `sallyport key list` and `key show`: which keys there are, and all that is known of one, but for what would open the gate.
import { join } from 'node:path'
import type { KeyUse, VirtualKey } from '#access/virtual-key.ts'
import { keyRecord } from '#store/key-record.ts'
import { openVirtualKeys } from '#store/virtual-keys.ts'
import type { Io } from './io.ts'
import { type KeyState, keyState, SYMBOLS } from './key-state.ts'
import { keyId, type KeyTools, systemTools } from './key-tools.ts'
import { withLastUses } from './key-last-uses.ts'
import { printMoment } from './moments.ts'
import { readOptions } from './options.ts'
import { painter } from './paint.ts'
import { mark, plain } from './print-problems.ts'
import { plainTexts, printJson } from './terminal.ts'

const OPTIONS = { json: { type: 'boolean' } } as const

export async function listKeys(args: readonly string[], io: Io, tools: KeyTools = systemTools): Promise<number> {
  const { values } = readOptions({ args: [...args], options: OPTIONS })
  const all = knownKeys(io, tools)
  if (values.json === true) for (const known of all) io.out(printJson(recordOf(known)))
  else if (all.length === 0) io.err(plain(`sallyport: ${io.settings.home} has no keys; sallyport key create makes one`))
  else for (const line of table(all, io.color)) io.out(line)
  return 0
}

export async function showKey(args: readonly string[], io: Io, tools: KeyTools = systemTools): Promise<number> {
  const { values, positionals } = readOptions({ args: [...args], options: OPTIONS, allowPositionals: true })
  const id = keyId(positionals, 'show')
  const known = knownKeys(io, tools).find(({ key }) => key.id === id)
  if (!known) {
    io.err(plain(`sallyport: ${io.settings.home} has no key ${id}; sallyport key list shows them`))
    return 1
  }
  if (values.json === true) io.out(printJson(recordOf(known), 2))
  else for (const line of portrait(known, io.color)) io.out(line)
  return 0
}

interface Known {
  readonly key: VirtualKey
  readonly last: KeyUse | undefined
  readonly state: KeyState
}

function knownKeys({ settings }: Io, tools: KeyTools): readonly Known[] {
  const keys = openVirtualKeys(join(settings.home, 'control.db'))
  try {
    return withLastUses(settings.home, (lastOf) =>
      keys.all().map((key) => {
        const last = lastOf(key.id)
        return { key, last, state: keyState(key, last, tools.now()) }
      }),
    )
  } finally {
    keys.close()
  }
}

function recordOf({ key, last, state }: Known) {
  const used = last && { at: new Date(last.at).toISOString(), source: last.source }
  return { ...keyRecord(key), state, ...(used ? { last_used: used } : {}) }
}

const HEAD = ['id', 'for', 'team', 'environment', 'state', 'last used'] as const

function table(all: readonly Known[], color: boolean): readonly string[] {
  const rows = all.map(({ key, last, state }) => [
    key.id,
    plain(key.principal.type === 'App' ? key.principal.id : `${key.principal.id} (person)`),
    plain(key.team ?? '-'),
    plain(key.environment),
    `${SYMBOLS[state]} ${state}`,
    last === undefined ? 'never' : printMoment(last.at),
  ])
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  // Colour last: it would count as width.
  return [
    line(HEAD),
    ...rows.map((row, at) => {
      const state = all[at]?.state ?? 'revoked'
      const text = line(row)
      const place = widths.slice(0, 4).reduce((sum, width) => sum + width + 2, 0)
      return `${text.slice(0, place)}${paintSymbol(state, color)}${text.slice(place + 1)}`
    }),
  ]
}

function paintSymbol(state: KeyState, color: boolean): string {
  const symbol = SYMBOLS[state]
  if (symbol === '!') return mark('warning', color)
  const paint = painter(color)
  return symbol === '✓' ? paint.good(symbol) : symbol === '✗' ? paint.bad(symbol) : symbol
}

function portrait({ key, last, state }: Known, color: boolean): readonly string[] {
  const { principal, team, environment, owner, use, models, actions, networks } = plainTexts(keyRecordTexts(key))
  const whom = [
    `${key.principal.type} ${principal}`,
    ...(team === '' ? [] : [`team ${team}`]),
    `environment ${environment}`,
  ]
  const rows: readonly (readonly [string, string])[] = [
    ['key', key.id],
    ['state', `${paintSymbol(state, color)} ${state}`],
    ['for', whom.join(', ')],
    ['owner', owner],
    ['use', use],
    ['may', `at most: ${actions.join(', ')} on ${models.join(', ')}`],
    ['from', networks.length === 0 ? 'any network' : networks.join(', ')],
    ['with', companyOf(key)],
    ['life', `${printMoment(key.notBefore)} to ${printMoment(key.expires)}, made ${printMoment(key.created)}`],
    ...secretRows(key),
    ['last used', last === undefined ? 'never' : `${printMoment(last.at)} from ${plain(last.source)}`],
    ...endRows(key),
  ]
  return rows.map(([name, value]) => `${name.padEnd(10)} ${value}`)
}

const keyRecordTexts = ({ principal, team = '', environment, owner, use, ...rest }: VirtualKey) => ({
  principal: principal.id,
  team,
  environment,
  owner,
  use,
  models: rest.models,
  actions: rest.actions,
  networks: rest.networks,
})

function companyOf({ networks, users }: VirtualKey): string {
  if (users.length === 0) return 'its network alone: models of tier 1 only'
  const token = plain(`a user token of ${users.join(' or ')}`)
  return networks.length === 0 ? token : `${token}; without one, models of tier 1 only`
}

function secretRows({ rotated, secrets }: VirtualKey): readonly (readonly [string, string])[] {
  if (rotated === undefined) return []
  const until = secrets[1]?.until
  const before = until === undefined ? '' : `; the secret before it ends ${printMoment(until)}`
  return [['rotated', `${printMoment(rotated)}${before}`]]
}

function endRows({ unusedFor, revoked }: VirtualKey): readonly (readonly [string, string])[] {
  const hours = Math.round((unusedFor ?? 0) / 3_600_000)
  const duration = hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`
  return [
    ...(unusedFor === undefined ? [] : [['suspended', `after ${duration} without use`] as const]),
    ...(revoked === undefined ? [] : [['revoked', `${printMoment(revoked.at)}: ${plain(revoked.why)}`] as const]),
  ]
}
