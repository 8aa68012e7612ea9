// `sallyport key create`: a new key. Its text is shown once, and only a hash of the secret is kept.
import type { VirtualKey } from '#access/virtual-key.ts'
import { refuseTaken, revoke } from '#store/key-changes.ts'
import { keyRecord } from '#store/key-record.ts'
import type { Io } from './io.ts'
import type { KeyFields } from './key-fault.ts'
import { faultLines } from './print-key-faults.ts'
import { type KeyDefinition, readKeyFields } from './key-fields.ts'
import { makeKeyId, makeSecret } from './key-secret.ts'
import { beside, intoFile, type KeyTools, systemTools } from './key-tools.ts'
import { printMoment } from './moments.ts'
import { readOptions } from './options.ts'
import { withKeyRegister } from './owner-log.ts'
import { painter } from './paint.ts'
import { plain } from './print-problems.ts'
import { printJson } from './terminal.ts'

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const

const OPTIONS = {
  app: text,
  person: text,
  owner: text,
  team: text,
  environment: text,
  use: text,
  models: texts,
  actions: texts,
  network: texts,
  users: texts,
  'not-before': text,
  expires: text,
  'unused-for': text,
  why: text,
  out: text,
  json: { type: 'boolean' },
} as const

export async function createKey(args: readonly string[], io: Io, tools: KeyTools = systemTools): Promise<number> {
  const { values } = readOptions({ args: [...args], options: OPTIONS })
  const read = readKeyFields(fieldsOf(values), tools.now())
  if (!read.ok) {
    const faults = read.faults.map((fault) => ({ ...fault, field: optionOf(fault.field) }))
    for (const line of faultLines(faults, io.color)) io.err(line)
    io.err(`sallyport: no key was made; see sallyport key --help`)
    return 2
  }
  const { key, secret } = makeKey(read.definition, tools)
  await intoFile(values.out, [secret], io, () =>
    withKeyRegister(io.settings.home, io, (register) =>
      register.change((held) => {
        refuseTaken(held, [key])
        return [{ key, why: read.why }]
      }),
    ),
  )
  const shown = values.out === undefined ? { key: secret } : { out: values.out }
  if (values.json === true) io.out(printJson({ ...keyRecord(key), ...shown }))
  else if (values.out === undefined) io.out(secret)
  tellNew(key, values.out, io)
  return 0
}

interface MadeKey {
  readonly key: VirtualKey
  /** Its text, to be shown once. */
  readonly secret: string
}

export function makeKey(definition: KeyDefinition, { random }: Pick<KeyTools, 'random'>): MadeKey {
  const id = makeKeyId(random)
  const { text: secret, sha256 } = makeSecret(id, random)
  return { key: { ...definition, id, secrets: [{ sha256 }] }, secret }
}

/**
 * Makes a key and answers its text; earlier keys of the same principal are revoked in the same moment. `fields` are in the
 * words of `sallyport key import`. Throws an Error that names what is wrong with them.
 */
export async function replaceKey(
  home: string,
  fields: KeyFields,
  io: Pick<Io, 'err'>,
  tools: KeyTools = systemTools,
): Promise<string> {
  const now = tools.now()
  const read = readKeyFields(fields, now)
  if (!read.ok) throw new Error(read.faults.map(({ field, message }) => `${field} ${message}`).join('; '))
  const { key, secret } = makeKey(read.definition, tools)
  await withKeyRegister(home, io, (register) =>
    register.change((held) => {
      refuseTaken(held, [key])
      const { type, id } = key.principal
      const earlier = held.filter(
        ({ principal, revoked }) => principal.type === type && principal.id === id && !revoked,
      )
      const why = `replaced by ${key.id}`
      return [{ key, why: read.why }, ...earlier.map((each) => ({ key: revoke(each, now, why), why }))]
    }),
  )
  return secret
}

function fieldsOf(values: ReturnType<typeof readOptions<{ options: typeof OPTIONS }>>['values']): KeyFields {
  const { network, models, actions, users } = values
  const given: { readonly [Field in keyof KeyFields]: KeyFields[Field] | undefined } = {
    app: values.app,
    person: values.person,
    owner: values.owner,
    team: values.team,
    environment: values.environment,
    use: values.use,
    models: split(models),
    actions: split(actions),
    networks: split(network),
    users: split(users),
    not_before: values['not-before'],
    expires: values.expires,
    unused_for: values['unused-for'],
    why: values.why,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** `a,b`, and as often as wanted. */
const split = (given: readonly string[] | undefined): readonly string[] | undefined =>
  given?.flatMap((each) => each.split(',').map((part) => part.trim()))

const optionOf = (field: string): string => `--${field === 'networks' ? 'network' : field.replaceAll('_', '-')}`

function tellNew({ id, principal, expires }: VirtualKey, out: string | undefined, io: Io): void {
  const say = beside(io)
  const whom = plain(`${principal.type} ${principal.id}`)
  const where = out === undefined ? 'Shown this once, and kept nowhere' : `It is in ${plain(out)}, and nowhere else`
  say(`${painter(io.color).good('✓')} key ${id} for ${whom}, until ${printMoment(expires)}`)
  say(`  ${where}. If it is lost or seen: sallyport key rotate ${id} --overlap 0s`)
  if (principal.type === 'User') {
    say(
      `  It works once ${plain(principal.id)} has shown the gateway a token of their own, from now on; then for 24 h at a time.`,
    )
  }
  say('  Whether the bundle knows its teams, models and issuers: sallyport check')
}
