// Threat: an id that a provider made is guessed, overheard or kept, and somebody else's conversation goes on from it. Only
// who caused it may use it; another's id and one that never was are answered alike.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Scripted, startScripted } from '../doubles/scripted-provider.ts'
import { exchangeOf, type Person, type Rig, startRig } from '../rig.ts'
import { worldWith } from './inspected-world.ts'

const KEEPS = `@id("keep")
permit (principal, action in [Action::"store", Action::"use-stored", Action::"use-file", Action::"search-files"], resource);`

let provider: Scripted
let rig: Rig
beforeAll(async () => {
  provider = startScripted()
  const { 'sallyport.yaml': yaml = '', ...files } = worldWith(KEEPS)
  const shared = yaml.replace('  harbor:\n', '  harbor:\n    shared: [file-handbook, vs_handbook]\n')
  rig = await startRig({ files: { ...files, 'sallyport.yaml': shared }, provider: provider.url })
})
afterAll(async () => {
  await rig.stop()
  await provider.stop()
})

const response = (id: string): object => ({
  id,
  object: 'response',
  created_at: 1,
  model: 'theirs',
  status: 'completed',
  error: null,
  store: true,
  output: [{ type: 'message', id: `${id}_item`, status: 'completed', role: 'assistant', content: [] }],
})

const ask = async (person: Person, body: object): Promise<Response> =>
  rig.call(person, '/v1/responses', { model: 'clinic-small', input: 'Hi', ...body })

/** What she is given, without what is different at each call. */
async function told(answer: Response): Promise<readonly [number, string]> {
  const { error } = (await answer.json()) as { error: { message: string; code: string } }
  return [answer.status, `${error.code} ${error.message.replace(/\(exchange .*/, '')}`]
}

test('a response goes on for who made it, and for nobody else', async () => {
  provider.script = { protocol: 'any', status: 200, body: response('resp_alice') }
  expect((await ask('alice', { store: true })).status).toBe(200)

  expect((await ask('alice', { previous_response_id: 'resp_alice' })).status).toBe(200)
  const others = await ask('bob', { previous_response_id: 'resp_alice' })
  const nobodys = await ask('bob', { previous_response_id: 'resp_never' })
  const { decision, outcome } = await rig.settled(exchangeOf(others))
  expect(decision).toMatchObject({ decision: 'deny', reason: 'not_found' })
  expect(outcome['attempts']).toBeUndefined()
  const [theirs, none] = [await told(others), await told(nobodys)]
  expect(theirs[0]).toBe(404)
  expect(theirs).toEqual(none)
})

test('an item of it is as much hers', async () => {
  provider.script = { protocol: 'any', status: 200, body: response('resp_items') }
  await ask('alice', { store: true })
  const refers = { input: [{ type: 'item_reference', id: 'resp_items_item' }] }
  expect((await ask('alice', refers)).status).toBe(200)
  expect((await ask('bob', refers)).status).toBe(404)
})

test('it is read, and deleted, by her alone; then it is gone', async () => {
  provider.script = { protocol: 'any', status: 200, body: response('resp_read') }
  await ask('alice', { store: true })
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/cancel'],
    ['GET', '/input_items'],
  ] as const) {
    const answer = await rig.call('bob', `/v1/responses/resp_read${path}`, undefined, { method })
    expect([method, path, answer.status]).toEqual([method, path, 404])
  }
  expect((await rig.call('alice', '/v1/responses/resp_read')).status).toBe(200)
  provider.script = { protocol: 'any', status: 200, body: { id: 'resp_read', object: 'response', deleted: true } }
  expect((await rig.call('alice', '/v1/responses/resp_read', undefined, { method: 'DELETE' })).status).toBe(200)
  expect((await rig.call('alice', '/v1/responses/resp_read')).status).toBe(404)
})

test('a provider that repeats her id to another gives it to nobody', async () => {
  provider.script = { protocol: 'any', status: 200, body: response('resp_first') }
  await ask('alice', { store: true })
  const repeated = await ask('bob', { store: true })
  expect([repeated.status, await repeated.text()]).toEqual([502, expect.stringContaining('given to somebody else')])
  expect((await ask('bob', { previous_response_id: 'resp_first' })).status).toBe(404)
  expect((await ask('alice', { previous_response_id: 'resp_first' })).status).toBe(200)
})

test('what another model made is gone on from only where policy allows that of both', async () => {
  const forbids = `${KEEPS}
@id("records-stay")
forbid (principal, action == Action::"use-stored", resource == Model::"clinic-records");`
  const other = await startRig({ files: worldWith(forbids), provider: provider.url })
  provider.script = { protocol: 'any', status: 200, body: response('resp_records') }
  await other.call('alice', '/v1/responses', { model: 'clinic-records', input: 'Hi', store: true })
  const from = async (model: string) =>
    (await other.call('alice', '/v1/responses', { model, input: 'Hi', previous_response_id: 'resp_records' })).status
  expect([await from('clinic-records'), await from('clinic-small')]).toEqual([403, 403])
  await other.stop()
})

test('more ids than an answer has are not kept', async () => {
  const output = Array.from({ length: 1_100 }, (_, index) => ({ type: 'message', id: `item_${index}`, content: [] }))
  provider.script = { protocol: 'any', status: 200, body: { ...response('resp_many'), output } }
  expect((await ask('alice', { store: true })).status).toBe(502)
})

test('what the provider did not delete is still hers', async () => {
  provider.script = { protocol: 'any', status: 200, body: response('resp_kept') }
  await ask('alice', { store: true })
  provider.script = { protocol: 'any', status: 200, body: { id: 'resp_kept', object: 'response', deleted: false } }
  await rig.call('alice', '/v1/responses/resp_kept', undefined, { method: 'DELETE' })
  provider.script = { protocol: 'any', status: 200, body: response('resp_kept') }
  expect((await rig.call('alice', '/v1/responses/resp_kept')).status).toBe(200)
})

test('what was not to be stored is nobody’s to go on from', async () => {
  provider.script = { protocol: 'any', status: 200, body: { ...response('resp_unkept'), store: false } }
  await ask('alice', { store: false })
  expect((await ask('alice', { previous_response_id: 'resp_unkept' })).status).toBe(404)
})

test('files and vector stores are usable where the bundle shares them', async () => {
  provider.script = { protocol: 'any', status: 200, body: response('resp_files') }
  const shows = (file_id: string) => ({ input: [{ role: 'user', content: [{ type: 'input_file', file_id }] }] })
  const searches = (id: string) => ({ tools: [{ type: 'file_search', vector_store_ids: [id] }] })
  expect((await ask('bob', shows('file-handbook'))).status).toBe(200)
  expect((await ask('bob', shows('file-payroll'))).status).toBe(404)
  expect((await ask('bob', searches('vs_handbook'))).status).toBe(200)
  expect((await ask('bob', searches('vs_payroll'))).status).toBe(404)
  const both = { tools: [{ type: 'file_search', vector_store_ids: ['vs_handbook', 'vs_payroll'] }] }
  expect((await ask('bob', both)).status).toBe(404)
})
