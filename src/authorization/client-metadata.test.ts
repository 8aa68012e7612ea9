import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import type { ApplicationConfig } from '#policy/bundle/config.ts'
import { clientMetadata } from './client-metadata.ts'

const pair = generateKeyPairSync('ed25519')
const publicKey = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'one' }
const WORKLOAD_KEY = { kty: 'OKP', kid: 'workload' }

const APPLICATION: ApplicationConfig = {
  name: 'helper',
  environment: 'test',
  use: 'helps',
  keys: '/keys/helper.json',
  redirects: ['https://app.example/callback'],
  users: ['harbor'],
  models: ['one'],
  actions: ['infer'],
  networks: [],
}

const SERVED = ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange', 'refresh_token']

function describing(application: Partial<ApplicationConfig>, text: string, served: readonly string[] = SERVED) {
  const reports: string[] = []
  const metadata = clientMetadata('helper', {
    config: { applications: new Map([['helper', { ...APPLICATION, ...application }]]) },
    served,
    readText: () => text,
    workloadKey: WORKLOAD_KEY,
    report: (line) => void reports.push(line),
  })
  return { metadata, reports }
}

test('an application proves itself by its keys, and may do what is served', () => {
  const { metadata } = describing({}, JSON.stringify({ keys: [publicKey] }))
  expect(metadata).toMatchObject({
    client_id: 'helper',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ kid: 'one' }] },
    grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange', 'refresh_token'],
    response_types: [],
  })
})

test('it logs people in where logins are served, to its own addresses', () => {
  const { metadata } = describing({}, '{"keys":[]}', [...SERVED, 'authorization_code'])
  expect(metadata).toMatchObject({
    response_types: ['code'],
    redirect_uris: ['https://app.example/callback'],
    application_type: 'web',
  })
  expect(metadata?.grant_types).toContain('authorization_code')
})

test('addresses on the machine of the person are as exact as others: their port counts', () => {
  const redirects = ['http://127.0.0.1:9/callback']
  const { metadata } = describing({ redirects }, '{"keys":[]}', [...SERVED, 'authorization_code'])
  expect(metadata).toMatchObject({ redirect_uris: ['http://127.0.0.1:9/callback'], application_type: 'web' })
})

test('what stands in for a workload’s token is a key of workloads alone', () => {
  const { keys: _, ...workloads } = APPLICATION
  expect(describing({ workload: { issuer: 'k8s', subject: 'x' } }, '{"keys":[]}').metadata?.jwks).toEqual({
    keys: [{ kty: 'OKP', kid: 'workload' }],
  })
  expect(describing(workloads, '{"keys":[]}').metadata?.jwks).toEqual({ keys: [] })
})

test('a file with a private key, or that is none, proves nobody, and nothing of it is told', () => {
  const secret = { ...pair.privateKey.export({ format: 'jwk' }), kid: 'one' }
  for (const text of [JSON.stringify({ keys: [secret] }), 'hunter2', '{"keys":"hunter2"}']) {
    const { metadata, reports } = describing({}, text)
    expect(metadata?.jwks).toEqual({ keys: [] })
    expect(reports).toHaveLength(1)
    expect(reports[0]).toStartWith('the keys of application helper cannot be used, so it cannot prove itself: ')
    expect(reports.join()).not.toMatch(/hunter2|"d"/)
  }
})

test('who names no client is one that proves nothing, and whoever else is none', () => {
  const options = {
    config: { applications: new Map() },
    served: SERVED,
    readText: () => '',
    workloadKey: {},
    report: () => undefined,
  }
  expect(clientMetadata('urn:sallyport:client:holder', options)).toMatchObject({ token_endpoint_auth_method: 'none' })
  expect(clientMetadata('stranger', options)).toBeUndefined()
  expect(clientMetadata('__proto__', options)).toBeUndefined()
})
