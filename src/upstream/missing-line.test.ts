import { expect, test } from 'bun:test'
import type { CredentialReference } from '#access/provider.ts'
import { missingLine } from './missing-line.ts'
import { MissingSecret } from './secret-place.ts'

test.each<[CredentialReference, 'away' | 'lost', string, string]>([
  [
    { from: 'file', path: '/run/key' },
    'lost',
    'deleted',
    'its credential file:/run/key: does not exist; write it there, mode 0600: it is taken up without a restart',
  ],
  [
    { from: 'env', name: 'KEY' },
    'lost',
    'not set',
    'its credential env:KEY: not set; set it, and start the gateway again',
  ],
  [
    { from: 'vault', path: 'kv/billing', key: 'token' },
    'lost',
    'not in the vault (404)',
    'its credential vault:kv/billing#token: not in the vault (404); write it there: it is taken up without a restart',
  ],
  [
    { from: 'vault', path: 'kv/billing', key: 'token' },
    'away',
    'it is sealed, or not ready (503)',
    'its credential vault:kv/billing#token: it is sealed, or not ready (503); `sallyport doctor` looks at the vault',
  ],
])('%o that is %s (%s) is told with its reason and what to do', (reference, kind, why, line) => {
  expect(missingLine(reference, new MissingSecret(kind, why))).toBe(line)
})
