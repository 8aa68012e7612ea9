// How many token exchanges the authorization server does on one core: the whole way over HTTP, with the stores and the log it has in
// earnest. Its own processor time is what counts; callers run in another process, and what they send was made before.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Ask, Requests } from './exchanges/server.ts'
import { type BenchResult, benchResult, type BenchRow } from './result.ts'

const NUMBER = 1_200
const WARM = 200
const AT_ONCE = 8

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const SMALL = JSON.stringify([{ type: 'sallyport_task', task: 'letters', models: ['desk-small'] }])

interface Told {
  readonly port?: number
  readonly cpu?: number
  readonly requests?: Requests
}

interface Shape {
  readonly name: string
  readonly form: (requests: Requests, at: number) => Readonly<Record<string, string>>
  readonly proof?: (requests: Requests, at: number) => string | undefined
}

const exchangeOf = (person: string, assertion?: string) => ({
  grant_type: EXCHANGE,
  subject_token: person,
  subject_token_type: ACCESS_TOKEN,
  ...(assertion === undefined ? {} : { client_assertion_type: ASSERTION, client_assertion: assertion }),
})

const SHAPES: readonly Shape[] = [
  {
    name: 'a person’s token, by whoever holds it',
    form: ({ person }) => ({ ...exchangeOf(person), authorization_details: SMALL }),
  },
  {
    name: 'a person’s token, by an application with its key',
    form: ({ person, helper }, at) => exchangeOf(person, helper[at]),
  },
  {
    name: 'the same in tier 3, bound to a key, synced',
    form: ({ person, archivist }, at) => exchangeOf(person, archivist[at]),
    proof: ({ proofs }, at) => proofs[at],
  },
]

export async function bench(): Promise<BenchResult> {
  const child = spawn(
    process.execPath,
    ['--no-env-file', '--config=/dev/null', join(import.meta.dirname, 'exchanges/server.ts')],
    {
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    },
  )
  try {
    const { port = 0 } = await told(child)
    const rows: BenchRow[] = []
    for (const shape of SHAPES) rows.push(await measure(child, port, shape))
    const rates = rows.map((row) => Number(row['per_core_s']))
    return benchResult('exchanges', rows, { exchanges_per_core_s: Math.min(...rates) })
  } finally {
    child.disconnect()
  }
}

async function measure(child: ChildProcess, port: number, shape: Shape): Promise<BenchRow> {
  const { requests } = await ask(child, { ask: 'requests', number: NUMBER + WARM })
  if (!requests) throw new Error('the server made nothing to send')
  let at = 0
  const times: number[] = []
  const turn = async (until: number): Promise<void> => {
    while (at < until) {
      const mine = at++
      const began = performance.now()
      const proof = shape.proof?.(requests, mine)
      const headers = {
        'x-sallyport-exchange': '01K7A0000000000000000000AA',
        // Of one person from one place only so many begin.
        'x-sallyport-source': `10.0.${mine >> 8}.${mine & 255}`,
        ...(proof === undefined ? {} : { dpop: proof }),
      }
      const body = new URLSearchParams(shape.form(requests, mine))
      const answer = await fetch(`http://127.0.0.1:${port}/oauth/token`, { method: 'POST', headers, body })
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`${shape.name}: ${answer.status} ${text}`)
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, () => turn(WARM)))
  times.length = 0
  const before = (await ask(child, { ask: 'cpu' })).cpu ?? 0
  const began = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, () => turn(WARM + NUMBER)))
  const seconds = (performance.now() - began) / 1000
  const cpu = ((await ask(child, { ask: 'cpu' })).cpu ?? 0) - before
  times.sort((one, other) => one - other)
  return {
    case: shape.name,
    target: 'sallyport',
    rps: Math.round(times.length / seconds),
    cpu_us: Math.round(cpu / times.length),
    per_core_s: Math.round(1_000_000 / (cpu / times.length)),
    p50_us: Math.round((times[times.length >> 1] ?? 0) * 1000),
    p99_us: Math.round((times[Math.floor(times.length * 0.99)] ?? 0) * 1000),
  }
}

function ask(child: ChildProcess, message: Ask): Promise<Told> {
  const answer = told(child)
  child.send(message)
  return answer
}

const told = (child: ChildProcess): Promise<Told> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Told))
    child.once('exit', (code) => reject(new Error(`the server ended (${code})`)))
  })
