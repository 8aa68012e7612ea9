// The archive process as it runs beside a gateway: it is told by a reload of whom to tell, and then a collector, whoever reads standard
// output, and a witness hear of an exchange, each in its own way.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OwnWorld, ownWorld } from './own-world.ts'
import { type Program, type Sandbox, sandbox, until } from './sandbox.ts'

interface Sent {
  readonly resourceLogs?: readonly {
    scopeLogs: readonly { logRecords: readonly { attributes: readonly Attribute[] }[] }[]
  }[]
  readonly resourceSpans?: readonly { scopeSpans: readonly { spans: readonly { name: string }[] }[] }[]
}
interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

let place: Sandbox
let world: OwnWorld
let program: Program
let witness: Program
let witnessUrl = ''
let witnessKey = ''
const exchanges: (string | undefined)[] = []
const spans: string[] = []
const collector = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request) {
    const { resourceLogs, resourceSpans } = (await request.json()) as Sent
    for (const { attributes } of resourceLogs?.[0]?.scopeLogs[0]?.logRecords ?? [])
      exchanges.push(attributes.find(({ key }) => key === 'sallyport.exchange')?.value.stringValue)
    for (const { name } of resourceSpans?.[0]?.scopeSpans[0]?.spans ?? []) spans.push(name)
    return Response.json({})
  },
})

beforeAll(async () => {
  place = await sandbox()
  world = await ownWorld(place.cwd)
  program = place.start(['start', '--bundle', world.bundle])
  await program.says(/^Sallyport is ready/m)
  await until('there is a log', async () => (await keyOf('gateway-0')) !== '')
  const logs = ['--log', await keyOf('gateway-0'), '--log', await keyOf('control')]
  witness = place.start(['witness', '--home', join(place.cwd, 'w1'), '--listen', '127.0.0.1:0', ...logs])
  await witness.says(/takes checkpoints at/)
  witnessUrl = /takes checkpoints at (\S+)\/add-checkpoint/.exec(witness.output())?.[1] ?? ''
  witnessKey = /^sallyport witness: (\S+\+\S+)$/m.exec(witness.output())?.[1] ?? ''
  await appendFile(
    join(world.bundle, 'sallyport.yaml'),
    `
audit:
  streams:
    lines: { to: stdout, format: native }
    otel: { to: otlp, url: 'http://127.0.0.1:${collector.port}', signals: [logs, traces] }
  witnesses:
    team: { url: '${witnessUrl}', key: '${witnessKey}' }
`,
  )
  process.kill(program.pid, 'SIGHUP')
  await program.says(/sallyport archive: the bundle was loaded again/)
}, 60_000)
afterAll(async () => {
  await place?.remove()
  await world?.stop()
  await collector.stop(true)
})

const keyOf = async (log: string): Promise<string> =>
  (await readFile(join(place.home, 'audit', log, 'key.pub'), 'utf8').catch(() => '')).trim()

interface Standing {
  readonly chores: readonly { readonly name: string; readonly failing: boolean }[]
}

const standing = async (): Promise<Standing> =>
  readFile(join(place.home, 'metrics', 'archive.json'), 'utf8').then(
    (text) => JSON.parse(text),
    () => ({ chores: [] }),
  )

async function ask(): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${place.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.issuer.mint('alice')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'clinic-large', messages: [{ role: 'user', content: 'Good morning' }] }),
  })
  await response.text()
  expect(response.status).toBe(200)
  return response.headers.get('x-sallyport-exchange') ?? ''
}

test('a collector hears of an exchange in logs and traces, and standard output has its lines', async () => {
  const names = ['index', 'stream:lines', 'stream:otel', 'witness:team']
  await until('all chores run', async () => (await standing()).chores.length === names.length)
  // New streams begin at the end that they find.
  for (const name of ['otel', 'lines'])
    await until('the stream has begun', () => Bun.file(join(place.home, 'streams', `${name}.json`)).exists())
  const exchange = await ask()
  await until(
    'the collector was told',
    async () => exchanges.filter((each) => each === exchange).length === 2 && spans.length > 0,
  )
  expect(spans).toContain('chat clinic-large')
  const lines = (): Record<string, unknown>[] =>
    program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(`"exchange":"${exchange}"`) && line.includes('"kind"'))
      .map((line) => JSON.parse(line))
  await until('its lines stand there', async () => lines().length === 2)
  expect(lines().map(({ kind }) => kind)).toEqual(['decision', 'outcome'])
  expect((await standing()).chores.map(({ name, failing }) => [name, failing])).toEqual(
    names.map((name) => [name, false]),
  )
}, 40_000)

test('a witness that runs elsewhere is told how far the logs are, and a verification with it finds that they agree', async () => {
  await until('the witness has the log', async () =>
    (await (await fetch(`${witnessUrl}/logs`)).text()).includes('/gateway-0\n'),
  )
  program.signalGroup('SIGTERM')
  expect(await program.ended).toBe(0)
  const { code, out } = await place.run([
    'audit',
    'verify',
    '--all',
    '--witness',
    witnessUrl,
    '--witness-key',
    witnessKey,
  ])
  expect({ code, out: code === 0 ? '' : out }).toEqual({ code: 0, out: '' })
  witness.signalGroup('SIGTERM')
  expect(await witness.ended).toBe(0)
}, 40_000)
