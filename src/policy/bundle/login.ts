// `login:` of an issuer: how its people log in through the gate, which is a client of it.
import type { LoginConfig } from './config.ts'
import { credentialOf, type Surroundings } from './credential.ts'
import { fault, type Field, fieldsOf, listOf, textOf } from './field.ts'
import { quote } from './problem.ts'

export function loginOf(field: Field, around: Surroundings): LoginConfig | undefined {
  const fields = fieldsOf(field, { known: ['client', 'secret', 'scopes'], required: ['client'] })
  if (!fields) return undefined
  const [clientField, secretField, scopesField] = [fields.get('client'), fields.get('secret'), fields.get('scopes')]
  const client = clientField && textOf(clientField, "the gate's client id there")
  const secret = secretField && credentialOf(secretField, around)
  const scopes = scopesField ? listOf(scopesField, 'scopes', scopeOf) : ['openid']
  if (scopesField && scopes && !scopes.includes('openid')) {
    return fault(scopesField, 'lacks openid: without it no token says who logged in', 'Add openid.')
  }
  // A secret that cannot be had makes no public client of it.
  if (client === undefined || !scopes || (secretField && !secret)) return undefined
  return { client, ...(secret && { secret }), scopes }
}

/** RFC 6749 section 3.3. */
function scopeOf(field: Field): string | undefined {
  const text = textOf(field, 'a scope')
  if (text === undefined || /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(text)) return text
  return fault(field, `is not a scope: ${quote(text)}`, 'Write each as an item of its own: [openid, groups].')
}
