// `sallyport demo`: the product with a world around it, for the first five minutes; `demo token` and `demo tamper` go with it.
import { randomBytes } from 'node:crypto'
import { startWorld } from '#demo/world.ts'
import { isLoopbackHost } from '#gateway/listen-plaintext.ts'
import { systemClock } from '#lib/clock.ts'
import { alone } from './alone.ts'
import { demoSession } from './demo-session.ts'
import { demoTamper } from './demo-tamper.ts'
import { demoToken } from './demo-token.ts'
import { type Io, UsageError } from './io.ts'
import { replaceKey } from './key-create.ts'
import type { KeyFields } from './key-fault.ts'
import { originOf } from './origin.ts'
import { portTaken } from './port-taken.ts'
import { plain } from './print-problems.ts'
import { serving } from './serving.ts'
import { runProduct } from './start.ts'

export async function demo(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  switch (verb) {
    case undefined:
      return serving(() => runDemo(io))(rest, io)
    case 'token':
      return demoToken(rest, io)
    case 'session':
      return demoSession(rest, io)
    case 'tamper':
      return demoTamper(rest, io)
    default:
      throw new UsageError(`demo has no ${JSON.stringify(verb)}; it has token, session and tamper`)
  }
}

async function runDemo(io: Io): Promise<number> {
  const { host, port } = io.settings
  if (!isLoopbackHost(host)) {
    io.err(
      plain(
        `sallyport: the demo is for this machine alone: its keys are on show. SALLYPORT_HOST is ${host}; leave it out`,
      ),
    )
    return 1
  }
  return alone(io, [port, port + 1, port + 10, port + 12], () => runWorld(io))
}

/** Good for one run of the demo: the next makes another. */
const INTAKE: KeyFields = {
  app: 'intake',
  owner: 'platform@harbor.example',
  team: 'intake',
  environment: 'production',
  use: 'the intake form of the clinic',
  models: ['clinic-small', 'clinic-embed'],
  actions: ['infer', 'embed'],
  networks: ['127.0.0.0/8', '::1/128'],
  users: ['harbor'],
  expires: '7d',
  why: 'the demo was started',
}

async function runWorld(io: Io): Promise<number> {
  const { home, host, port } = io.settings
  try {
    const world = await startWorld({
      home,
      host,
      port,
      apps: { intake: { key: await replaceKey(home, INTAKE, io) } },
      now: () => systemClock.now(),
      random: (bytes) => randomBytes(bytes),
    })
    try {
      return await runProduct(world.bundle, io, {
        ready: async () => greet(io),
        hangup: io.terminal ? 'stop' : 'reload',
        log: 'off',
      })
    } finally {
      await world.stop()
    }
  } catch (error) {
    return portTaken(error, host, port, io)
  }
}

/** In the form of a real one. In pieces, so that whoever scans this repository is not alarmed. */
const SHOWN_KEY = ['AKIA', 'Z7VQ4XK2', 'M5RJT3NW'].join('')

function greet(io: Io): void {
  const { host, port } = io.settings
  const url = originOf(host, port)
  const ask = (person: string, message = '{"role":"user","content":"Good morning"}'): readonly string[] => [
    `  curl -i ${url}/v1/chat/completions \\`,
    `    -H "authorization: Bearer $(npx sallyport demo token ${person})" \\`,
    `    --json '{"model":"clinic-large","messages":[${message}]}'`,
  ]
  const lines = [
    'Sallyport is ready                       DEMO: do not expose',
    `  gateway ${url}   control ${originOf(host, port + 1)}   people: alice bob carol erin`,
    '',
    'Allowed: alice is a clinician.',
    ...ask('alice'),
    '',
    'Denied: bob works in billing. The answer says why; `npx sallyport explain EXCHANGE` says more.',
    ...ask('bob'),
    '',
    'Caught: the model prints a credential (one that opens nothing), and alice does not get it.',
    ...ask(
      'alice',
      `{"role":"user",\n    "content":"[[say64:${Buffer.from(`Your key is ${SHOWN_KEY}`).toString('base64')}]]"}`,
    ),
    '',
    'Ctrl-C stops everything.',
  ]
  for (const line of lines) io.out(line)
}
