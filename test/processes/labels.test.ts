// Four workers, one session: what any of them has let out is known to whichever is asked next. Whoever has seen the first
// byte of a labelled answer, and asks then, is decided by that label, however the requests are spread.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { CLINIC, CLINIC_CEDAR, CLINIC_YAML } from '../rig.ts'
import { type OwnWorld, ownWorld } from './own-world.ts'
import { type Sandbox, sandbox } from './sandbox.ts'

const LABELLED = {
  ...CLINIC,
  'sallyport.yaml': CLINIC_YAML.replace(
    'systems:\n',
    'systems:\n  charts: { tier: 1, owner: records@harbor.example, labels: [clinical] }\n',
  ).replace('models:\n', 'models:\n  clinic-charts: { system: charts, use: [harbor/harbor-small] }\n'),
  'policies/clinic.cedar': `${CLINIC_CEDAR}
@id("what-saw-charts-asks-no-large-model")
forbid (principal, action == Action::"infer", resource == Model::"clinic-large")
when { context has session && context.session.labels.contains("clinical") };
`,
}

let place: Sandbox
let world: OwnWorld

beforeAll(async () => {
  place = await sandbox()
  world = await ownWorld(place.cwd, LABELLED)
  const program = place.start(['start', '--bundle', world.bundle, '--log', 'off'], { SALLYPORT_WORKERS: '4' })
  await program.says(/^Sallyport is ready/m)
}, 30_000)
afterAll(async () => {
  await place.remove()
  await world.stop()
})

const ROUNDS = 25

test('whoever saw the first byte of a labelled answer is decided by its label, whichever of four workers is asked', async () => {
  const token = await world.issuer.mint('alice')
  const ask = (model: string, conversation: string, content: string, stream = false): Promise<Response> =>
    fetch(`http://127.0.0.1:${place.port}/v1/chat/completions`, {
      method: 'POST',
      // A connection of its own: the kernel picks a worker for it.
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({
        model,
        stream,
        messages: [{ role: 'user', content }],
        metadata: { conversation_id: conversation },
      }),
    })
  for (let round = 0; round < ROUNDS; round++) {
    const conversation = `case ${round}`
    const before = await ask('clinic-large', conversation, 'before')
    expect(before.status).toBe(200)
    await before.body?.cancel()
    const charts = await ask('clinic-charts', conversation, '[[delay:5]]one two three four five six', true)
    const reader = charts.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    const after = await Promise.all(Array.from({ length: 8 }, () => ask('clinic-large', conversation, 'after')))
    expect(after.map(({ status }) => status)).toEqual(after.map(() => 403))
    await Promise.all(after.map(async (answer) => answer.body?.cancel()))
    await reader?.cancel()
  }
  // Another conversation of the same person has seen nothing.
  expect((await ask('clinic-large', 'another case', 'hello')).status).toBe(200)
}, 60_000)
