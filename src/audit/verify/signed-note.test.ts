import { expect, test } from 'bun:test'
import { readVerifierKey } from './signed-note.ts'

// The published key of the Go checksum database: made by other code than ours.
const GO = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'

test('a verifier key made by another program is read, though its base64 holds a plus', () => {
  expect(readVerifierKey(`${GO}\n`)).toMatchObject({ name: 'sum.golang.org', id: '033de0ae' })
})

test('a verifier key whose id is not its own, or that is anything else, is refused', () => {
  for (const line of [
    GO.replace('033de0ae', '033de0af'),
    GO.replace('golang', 'gopher'),
    GO.replace('+Ac', '+Bc'),
    GO.slice(0, -4),
    `${GO}\n${GO}`,
    '',
  ]) {
    expect(readVerifierKey(line)).toBeUndefined()
  }
})
