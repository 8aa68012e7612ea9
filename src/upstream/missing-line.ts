// For the operator: which credential is missing, why, and what to do. A reference is no secret.
import type { CredentialReference } from '#access/provider.ts'
import type { MissingSecret } from './secret-place.ts'
import { printReference } from './secret-reference.ts'

export function missingLine(reference: CredentialReference, { kind, message }: MissingSecret): string {
  // Of a file that is gone, what is known is that it is not there.
  const why = message === 'deleted' ? 'does not exist' : message
  return `its credential ${printReference(reference)}: ${why}; ${FIXES[reference.from](kind)}`
}

const FIXES: Readonly<Record<CredentialReference['from'], (kind: MissingSecret['kind']) => string>> = {
  file: () => 'write it there, mode 0600: it is taken up without a restart',
  env: () => 'set it, and start the gateway again',
  vault: (kind) =>
    kind === 'away' ? '`sallyport doctor` looks at the vault' : 'write it there: it is taken up without a restart',
}
