import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Provider } from '#access/provider.ts'
import { Refusal } from '#access/refusal.ts'
import { heldSecrets } from './held-secrets.ts'

let keys = ''
beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'sallyport-held-'))
  // Bytes whose base64 differs from that for URLs.
  await writeFile(join(keys, 'identity.key'), Buffer.from('fbefbe00fbefbe00fbefbe00fbefbe00', 'hex'))
  await writeFile(join(keys, 'log.key'), 'PRIVATE+KEY+gateway-0+0123456789abcdef\n')
  await writeFile(join(keys, 'log.pub'), 'gateway-0+0123456789abcdef+public\n')
})
afterAll(() => rm(keys, { recursive: true, force: true }))

const provider = (name: string): Provider => ({
  name,
  kind: 'openai',
  url: 'https://models.example/v1',
  credential: { from: 'env', name },
  timeouts: { connect: 1, firstByte: 1, idle: 1 },
  private: false,
})

async function open() {
  const known: { held: readonly string[] } = { held: [] }
  const secrets = await heldSecrets(keys, {
    held: () => known.held,
    async read(reference) {
      if (reference.from !== 'env' || reference.name === 'GONE')
        throw new Refusal('provider_unreachable', { message: '' })
      known.held = [...known.held, `secret-of-${reference.name}`]
      return 'read'
    },
  })
  return { secrets, values: () => secrets.list().map(({ value }) => value) }
}

const OWN = [
  'PRIVATE+KEY+gateway-0+0123456789abcdef',
  'fbefbe00fbefbe00fbefbe00fbefbe00',
  '++++APvvvgD7774A++++AA',
  '----APvvvgD7774A----AA',
]

test("the gate's own keys are held in every way in which their bytes are written, public ones are not", async () => {
  expect((await open()).values().toSorted()).toEqual(OWN.toSorted())
})

test("providers' credentials are read beforehand, and one that cannot be read stops nothing", async () => {
  const { secrets, values } = await open()
  await secrets.read([provider('ONE'), provider('GONE'), provider('TWO')])
  expect(values()).toEqual(expect.arrayContaining(['secret-of-ONE', 'secret-of-TWO']))
  expect(secrets.list()).toBe(secrets.list())
})

test('a key that was made since is held with the next bundle', async () => {
  const { secrets, values } = await open()
  secrets.list()
  await writeFile(join(keys, 'made-since.key'), 'PRIVATE+KEY+made+fedcba9876543210')
  await secrets.read([])
  expect(values()).toContain('PRIVATE+KEY+made+fedcba9876543210')
  await rm(join(keys, 'made-since.key'))
})

test('a TLS key is held by its lines, without what everybody has around it, and the last sixteen are', async () => {
  const { secrets, values } = await open()
  secrets.list()
  secrets.hold('-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqG\nshort\n-----END PRIVATE KEY-----\n')
  expect(values().filter((value) => !OWN.includes(value))).toEqual(['MIGHAgEAMBMGByqGSM49AgEGCCqG'])
  const list = secrets.list()
  secrets.hold('-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqG\nshort\n-----END PRIVATE KEY-----\n')
  expect(secrets.list()).toBe(list)
  for (let turn = 10; turn < 26; turn++) secrets.hold(`key-of-this-gateway-${turn}`)
  expect(values()).toContain('key-of-this-gateway-25')
  expect(values()).toContain('key-of-this-gateway-10')
  expect(values()).not.toContain('MIGHAgEAMBMGByqGSM49AgEGCCqG')
})
