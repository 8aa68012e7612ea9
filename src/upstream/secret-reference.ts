// A reference as the bundle writes it: what the audit trail and the operator's log call a secret.
import type { CredentialReference } from '#access/provider.ts'

export function printReference(reference: CredentialReference): string {
  switch (reference.from) {
    case 'file':
      return `file:${reference.path}`
    case 'env':
      return `env:${reference.name}`
    case 'vault':
      return `vault:${reference.path}#${reference.key}`
  }
}
