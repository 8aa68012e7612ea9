// What is said of a key that is to be made, in the words of `sallyport key import`; and whether a key may be made of it.
import type { VirtualKey } from '#access/virtual-key.ts'
import { oversizedField } from '#store/key-record.ts'
import { suggest } from '#policy/bundle/nearest.ts'
import { MODEL_ACTIONS } from '#policy/schema.ts'
import { type Fault, type KeyFields, NAME, type ReportFault, shown, UNSEEN } from './key-fault.ts'
import { readPlaces } from './key-places.ts'
import { readTimes } from './key-times.ts'

/** A key without what makes it one: id and secret. */
export type KeyDefinition = Omit<VirtualKey, 'id' | 'secrets' | 'rotated' | 'revoked'>

export type ReadKey =
  | { readonly ok: true; readonly definition: KeyDefinition; readonly why: string }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** Every fault at once. `now` in milliseconds since the epoch. */
export function readKeyFields(fields: KeyFields, now: number): ReadKey {
  const faults: Fault[] = []
  const fault: ReportFault = (field, message, fix) => void faults.push({ field, message, fix })
  const principal = readPrincipal(fields, fault)
  const personal = principal.type === 'User'
  const team = readTeam(fields.team, personal, fault)
  const definition: KeyDefinition = {
    principal,
    owner: line('owner', fields.owner ?? (personal ? principal.id : undefined), fault),
    ...(team === undefined ? {} : { team }),
    environment: line('environment', fields.environment ?? (personal ? 'personal' : undefined), fault),
    use: line('use', fields.use, fault),
    ...readGrant(fields, fault),
    ...readPlaces(fields, personal, fault),
    ...readTimes(fields, { now, personal }, fault),
  }
  const why = line('why', fields.why ?? 'a new key', fault)
  if (faults.length === 0) refuseOversized(definition, faults)
  return faults.length === 0 ? { ok: true, definition, why } : { ok: false, faults }
}

function refuseOversized(definition: KeyDefinition, faults: Fault[]): void {
  const field = oversizedField({ ...definition, id: 'x'.repeat(12), secrets: [{ sha256: new Uint8Array(32) }] })
  if (field === undefined) return
  const message = 'is the largest part of what makes the key larger than 14 KiB, too large to be recorded whole'
  faults.push({ field, message, fix: 'Shorten it, or make several keys.' })
}

const EXAMPLES = {
  app: 'Name the application as policies do, in App::"NAME".',
  person: 'Name the person as their issuer does: harbor/alice.',
  owner: 'Say who answers for it, such as an address.',
  environment: 'Say where it runs: production, staging.',
  use: 'Say in a few words what it is for.',
  why: 'Say in a few words why.',
} as const

const LONGEST_LINE = 400

/** Text that ends up in terminals, logs and policies: one line, and nothing in it that is not seen. */
function line(field: keyof typeof EXAMPLES, text: string | undefined, fault: ReportFault): string {
  if (text === undefined) fault(field, 'is missing', EXAMPLES[field])
  else if (text.trim() === '') fault(field, 'is empty', EXAMPLES[field])
  else if (text.length > LONGEST_LINE) fault(field, `is longer than ${LONGEST_LINE} characters`, 'Shorten it.')
  else if (text !== text.trim() || UNSEEN.test(text))
    fault(field, 'holds characters that are not seen, or spaces at its ends', 'Write one line of plain text.')
  return text ?? ''
}

function readPrincipal({ app, person }: KeyFields, fault: ReportFault): KeyDefinition['principal'] {
  if (app !== undefined && person !== undefined)
    fault(
      'person',
      'is given beside an application',
      'Give one of the two: a key is for one application, or one person.',
    )
  if (app === undefined && person !== undefined) return { type: 'User', id: line('person', person, fault) }
  return { type: 'App', id: line('app', app, fault) }
}

const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

function readTeam(team: string | undefined, personal: boolean, fault: ReportFault): string | undefined {
  const fix = 'Name the team of the bundle that the application is in.'
  if (personal && team === undefined) return undefined
  if (personal) return fault('team', 'is given for a person, whose own teams count', 'Leave it out.')
  if (team === undefined) return fault('team', 'is missing', fix)
  return NAME.test(team) ? team : fault('team', 'is not the name of a team', fix)
}

function readGrant({ models = [], actions = ['infer'] }: KeyFields, fault: ReportFault) {
  if (models.length === 0) fault('models', 'is missing', 'Name the models that it may be used for, as callers do.')
  if (models.length > 100) fault('models', 'names more than 100', 'Make several keys.')
  const odd = models.find((model) => !MODEL_NAME.test(model))
  if (odd !== undefined) fault('models', `names what cannot be a model: ${shown(odd)}`, 'Write them as callers do.')
  const known: readonly string[] = MODEL_ACTIONS
  if (actions.length === 0) fault('actions', 'is empty', 'Leave it out for infer alone.')
  for (const action of actions.filter((each) => !known.includes(each)).slice(0, 20))
    fault('actions', `names an action that there is not: ${shown(action)}`, suggest(action, known))
  return { models: [...new Set(models)], actions: [...new Set(actions)] }
}
