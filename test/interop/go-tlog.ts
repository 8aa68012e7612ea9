// Runs test/interop/go, built with whatever Go and golang.org/x/mod this machine has: Debian's packages, or modules.
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOURCE = join(import.meta.dir, 'go')
const GOCODE = '/usr/share/gocode'

export interface GoTlog {
  /** Empty where all is well, else what is wrong. */
  ask(question: Readonly<Record<string, unknown>>): Promise<{ readonly why: string; readonly size: number }>
  close(): Promise<void>
}

/** A sentence says why it cannot be run here. */
export async function openGoTlog(): Promise<GoTlog | string> {
  const go = Bun.which('go')
  if (go === null) return 'there is no go'
  const place = await mkdtemp(join(tmpdir(), 'sallyport-go-'))
  const program = join(place, 'tlog')
  const faults: string[] = []
  for (const { name, environment, target } of waysToBuild()) {
    const built = Bun.spawn([go, 'build', '-o', program, ...target], {
      cwd: SOURCE,
      env: { ...cacheIn(place), ...process.env, GOFLAGS: '', GOTOOLCHAIN: 'local', ...environment },
      stderr: 'pipe',
    })
    const said = await new Response(built.stderr).text()
    if ((await built.exited) === 0) return start(program, place)
    faults.push(`${name}: ${said.trim().split('\n').at(-1) ?? ''}`)
  }
  await rm(place, { recursive: true, force: true })
  return `it could not be built (${faults.join('; ')})`
}

/** Without a home Go has no place for what it has built, and builds nothing. */
const cacheIn = (place: string) => (process.env['HOME'] === undefined ? { GOCACHE: join(place, 'cache') } : {})

function* waysToBuild() {
  if (existsSync(join(GOCODE, 'src/golang.org/x/mod/sumdb/tlog')))
    yield { name: 'packages', environment: { GO111MODULE: 'off', GOPATH: GOCODE }, target: ['main.go'] }
  yield { name: 'modules', environment: { GO111MODULE: 'on' }, target: ['.'] }
}

function start(program: string, place: string): GoTlog {
  const child = Bun.spawn([program], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
  const answers = linesOf(child.stdout)
  return {
    async ask(question) {
      await child.stdin.write(`${JSON.stringify(question)}\n`)
      await child.stdin.flush()
      const { value } = await answers.next()
      if (typeof value !== 'string') throw new Error('the Go program has ended')
      const { why, size } = JSON.parse(value) as { why: string; size: number }
      return { why, size }
    },
    async close() {
      await child.stdin.end()
      await child.exited
      await rm(place, { recursive: true, force: true })
    },
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of stream) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
