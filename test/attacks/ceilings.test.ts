// A key is a ceiling and never a permission; a network beside it is proof for tier 1 alone; and with a user's token beside
// it, both must be permitted.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { CLINIC, CLINIC_CEDAR, exchangeOf, type Rig, says, startRig } from '../rig.ts'

const CEDAR = `${CLINIC_CEDAR}
@id("intake-uses-what-it-likes")
permit (principal is App in Team::"intake", action, resource);
`

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ files: { ...CLINIC, 'policies/clinic.cedar': CEDAR } })
})
afterAll(() => rig.stop())

const ask = (key: string, model: string, init?: RequestInit): Promise<Response> =>
  rig.callWith(key, '/v1/chat/completions', { model, messages: says('hello') }, init)

const messageOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { message: string } }).error.message

describe('a key', () => {
  test('is for its own models, whatever policy permits its application', async () => {
    const { id, text } = await rig.keys.make({ models: ['clinic-small'] })
    expect((await ask(text, 'clinic-small')).status).toBe(200)
    const beyond = await ask(text, 'clinic-large')
    expect(beyond.status).toBe(403)
    expect(await messageOf(beyond)).toContain(`Not permitted: key ${id} is not for \`clinic-large\`.`)
    const { decision } = await rig.settled(exchangeOf(beyond))
    expect(decision['grounds']).toEqual({ policies: [], erring: [], beyond: { grant: `key ${id}`, lacks: 'model' } })
    expect(decision['principal']).toEqual({
      type: 'App',
      id: 'intake',
      groups: ['intake'],
      issuer: 'sallyport',
      method: 'key-and-network',
      key: id,
      chain: [{ type: 'App', id: 'intake' }],
    })
    expect(decision['source']).toBe('127.0.0.1')
  })

  test('is for its own actions: what would make a provider act is not among them unless it says so', async () => {
    const { text } = await rig.keys.make({ actions: ['infer'] })
    const body = { model: 'clinic-small', messages: says('hello'), store: true }
    const stored = await rig.callWith(text, '/v1/chat/completions', body)
    expect(stored.status).toBe(403)
    expect(await messageOf(stored)).toContain('is not for store')
    const more = await rig.keys.make({ actions: ['infer', 'store'] })
    expect((await rig.callWith(more.text, '/v1/chat/completions', body)).status).toBe(200)
  })

  test('lists the models that it is for, and no others', async () => {
    const { text } = await rig.keys.make({ models: ['clinic-small'] })
    const list = (await (await rig.callWith(text, '/v1/models')).json()) as { data: { id: string }[] }
    expect(list.data.map(({ id }) => id)).toEqual(['clinic-small'])
    expect((await rig.callWith(text, '/v1/models/clinic-large')).status).toBe(404)
  })

  test('permits nothing: its application must be permitted as well', async () => {
    const { text } = await rig.keys.make({ principal: { type: 'App', id: 'other' }, team: 'nobody' })
    const response = await ask(text, 'clinic-small')
    expect(response.status).toBe(403)
    expect((await rig.settled(exchangeOf(response))).decision['principal']).toMatchObject({ id: 'other', groups: [] })
  })

  test('with a network alone reaches nothing above tier 1, though policy permits it and the key is for it', async () => {
    const { text } = await rig.keys.make({ models: ['clinic-records'] })
    const response = await ask(text, 'clinic-records')
    expect(response.status).toBe(403)
    expect(await messageOf(response)).toContain("with the user's token beside it, as x-sallyport-user-token")
    const { decision } = await rig.settled(exchangeOf(response))
    expect(decision['policies']).toEqual(['sallyport:key-and-network-in-tier-1-only'])
  })
})

describe('with a user’s token beside it', () => {
  const beside = async (person: 'alice' | 'bob'): Promise<RequestInit> => ({
    headers: { 'x-sallyport-user-token': await rig.issuer.mint(person) },
  })

  test('a key reaches higher tiers, and the record holds the chain', async () => {
    const { text } = await rig.keys.make({ models: ['clinic-records'], networks: [], users: ['harbor'] })
    const response = await ask(text, 'clinic-records', await beside('alice'))
    expect(response.status).toBe(200)
    const { decision } = await rig.settled(exchangeOf(response))
    expect(decision['principal']).toMatchObject({
      type: 'App',
      id: 'intake',
      method: 'key-and-user-token',
      chain: [
        { type: 'App', id: 'intake' },
        { type: 'User', id: 'alice' },
      ],
    })
  })

  test('both must be permitted: an application lends nobody what they may not do', async () => {
    const { text } = await rig.keys.make({ models: ['clinic-large'], networks: [], users: ['harbor'] })
    expect((await ask(text, 'clinic-large', await beside('alice'))).status).toBe(200)
    const denied = await ask(text, 'clinic-large', await beside('bob'))
    expect(denied.status).toBe(403)
    expect(await messageOf(denied)).toContain('billing uses clinic-small')
  })

  test('a key that needs one is nothing without', async () => {
    const { text } = await rig.keys.make({ networks: [], users: ['harbor'] })
    const response = await ask(text, 'clinic-small')
    expect(response.status).toBe(401)
    expect(await messageOf(response)).toContain('x-sallyport-user-token')
  })

  test('the record is read by the user and by the application for that user, and by nobody else', async () => {
    const { text } = await rig.keys.make({ users: ['harbor'] })
    const exchange = exchangeOf(await ask(text, 'clinic-small', await beside('alice')))
    await rig.settled(exchange)
    const read = `/v1/exchanges/${exchange}`
    expect((await rig.call('alice', read)).status).toBe(200)
    expect((await rig.callWith(text, read, undefined, await beside('alice'))).status).toBe(200)
    expect((await rig.call('bob', read)).status).toBe(404)
    expect((await rig.callWith(text, read, undefined, await beside('bob'))).status).toBe(404)
  })
})

test('the provider is told neither key nor user token, and the caller who answered', async () => {
  const { text, secret } = await rig.keys.make({ users: ['harbor'] })
  const token = await rig.issuer.mint('alice')
  const response = await ask(text, 'clinic-small', { headers: { 'x-sallyport-user-token': token } })
  expect(response.headers.get('x-sallyport-target')).toBe('harbor/harbor-small')
  const seen = await (await fetch(`${rig.provider}/seen`)).text()
  expect(seen).not.toContain(secret)
  expect(seen).not.toContain(token)
  expect(JSON.stringify(await rig.entries())).not.toContain(secret)
})
