// `vault:`: where secrets of `vault:` references are, and how the gate proves itself there.
import type { VaultSettings } from '#access/provider.ts'
import { authoritiesOf, fileOf, type Surroundings } from './credential.ts'
import { booleanOf, fault, type Field, fieldsOf, textOf } from './field.ts'
import { addressOf } from './units.ts'

const KEYS = {
  known: ['url', 'namespace', 'token', 'login', 'private', 'ca'],
  required: ['url'],
} as const

export function readVault(field: Field, around: Surroundings): VaultSettings | undefined {
  const fields = fieldsOf(field, KEYS)
  if (!fields) return undefined
  const read = <T>(key: string, reader: (inside: Field) => T | undefined): T | undefined => {
    const inside = fields.get(key)
    return inside && reader(inside)
  }
  const isPrivate = fields.has('private') ? read('private', booleanOf) : false
  const url = read('url', (inside) =>
    addressOf(inside, {
      plain: isPrivate === true,
      plainHint: 'Use https, or say `private: true` if it stands in a network of your own.',
    }),
  )
  const namespace = read('namespace', namespaceOf)
  const ca = read('ca', (inside) => authoritiesOf(inside, around))
  const auth = authOf(field, fields, around)
  // Nobody is to be shown a token where it was not meant to go, not even by whoever looks at the sound half of a faulty bundle.
  const strays =
    isPrivate === undefined ||
    (ca === undefined && fields.has('ca')) ||
    (namespace === undefined && fields.has('namespace'))
  if (!url || !auth || strays) return undefined
  return {
    url: url.href.replace(/\/+$/, ''),
    ...(namespace !== undefined && { namespace }),
    auth,
    private: isPrivate,
    ...(ca !== undefined && { ca }),
  }
}

function authOf(
  field: Field,
  fields: ReadonlyMap<string, Field>,
  around: Surroundings,
): VaultSettings['auth'] | undefined {
  const [token, login] = [fields.get('token'), fields.get('login')]
  if ((token === undefined) === (login === undefined)) {
    return fault(
      field,
      'must have one of `token` and `login`',
      'Write `token: file:PATH`, or `login: { mount: kubernetes, role: ROLE, jwt: file:PATH }`.',
    )
  }
  if (token) {
    const file = fileOf(token, around, { secret: true })
    return file && { by: 'token', path: file.path }
  }
  return login && loginOf(login, around)
}

function loginOf(field: Field, around: Surroundings): VaultSettings['auth'] | undefined {
  const fields = fieldsOf(field, { known: ['mount', 'role', 'jwt'], required: ['mount', 'role', 'jwt'] })
  const mountField = fields?.get('mount')
  const roleField = fields?.get('role')
  const jwtField = fields?.get('jwt')
  const mount = mountField && pathOf(mountField, 'the mount of an auth method, such as kubernetes')
  const role = roleField && textOf(roleField, 'a role')
  const jwt = jwtField && fileOf(jwtField, around, { secret: true })
  return mount !== undefined && role !== undefined && jwt ? { by: 'jwt', mount, role, path: jwt.path } : undefined
}

const namespaceOf = (field: Field): string | undefined => pathOf(field, 'a namespace')

/** It becomes a part of an address, or a header: nothing in it may mean anything there. */
function pathOf(field: Field, what: string): string | undefined {
  const text = textOf(field, what)
  if (text === undefined || /^[A-Za-z0-9_-]{1,64}(?:\/[A-Za-z0-9_-]{1,64}){0,7}$/.test(text)) return text
  return fault(field, `must be ${what}`, 'Use letters, digits, dash and underscore, with slashes between.')
}
