import { describe, expect, test } from 'bun:test'
import { scanText } from './credentials.ts'

const LINE = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'
const armour = (word: string, label: string): string => `${'-'.repeat(5)}${word} ${label}${'-'.repeat(5)}`
const pem = (label: string): string => `${armour('BEGIN', label)}\n${LINE}\n${LINE}\n${armour('END', label)}`

describe('in PEM armour', () => {
  test.each([
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'DSA PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
    'SSH2 ENCRYPTED PRIVATE KEY',
  ])('a %s is found as a whole', (label) => {
    const text = pem(label)
    expect(scanText(`x\n${text}\ny`).map(({ kind }) => kind)).toEqual(['private-key'])
    expect(scanText(`x\n${text}\ny`)[0]?.start).toBe(2)
  })
  test.each(['PUBLIC KEY', 'CERTIFICATE', 'RSA PUBLIC KEY', 'CERTIFICATE REQUEST', 'PGP MESSAGE'])(
    'a %s is left alone',
    (label) => {
      expect(scanText(pem(label))).toEqual([])
    },
  )
})

test("PuTTY's private part is found, its public part left alone", () => {
  const key = (part: string): string => `PuTTY-User-Key-File-3: ssh-rsa\n${part}-Lines: 2\n${LINE}\n${LINE}\nEnd of it`
  expect(scanText(key('Public'))).toEqual([])
  const text = key('Private')
  const [match, ...others] = scanText(text)
  expect(others).toEqual([])
  expect(match?.kind).toBe('private-key')
  expect(text.slice(match?.start, match?.end)).toStartWith(`${LINE}\n${LINE}`)
})
