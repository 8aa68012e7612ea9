// The command line. Everything outside (environment, terminal, working directory) is read here and handed on.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { COMMANDS } from '#commands/commands.ts'
import { UsageError } from '#commands/io.ts'
import { plain } from '#commands/print-problems.ts'
import { readSettings } from '#commands/settings.ts'
import { isUnwritable, UNWRITABLE } from '#commands/unwritable.ts'

// A reader that had enough (`| head -1`) closes the pipe. Nothing more is shown then, and the command goes on to its own end:
// its exit code still says what it found.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error
  })
}

const RELOADS: ReadonlySet<string> = new Set(['gateway', 'start', 'archive', 'authorization'])

async function main(args: readonly string[]): Promise<number> {
  const environment = process.env
  // Bun's fetch obeys these even for loopback addresses: a provider's traffic would go wherever they point.
  for (const name of Object.keys(environment)) if (/^(?:https?|all|no)_proxy$/i.test(name)) delete environment[name]

  const [name, ...rest] = args
  const out = (line: string): void => void process.stdout.write(`${line}\n`)
  const err = (line: string): void => void process.stderr.write(`${line}\n`)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    help(name === undefined ? err : out)
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    out(`sallyport ${versionOf(dirname(import.meta.dir))}`)
    return 0
  }
  const command = new Map(Object.entries(COMMANDS)).get(name)
  try {
    if (!command) throw new UsageError(`there is no command ${JSON.stringify(name)}`)
    if (rest.includes('--help') || rest.includes('-h')) {
      out([`usage: sallyport ${command.usage}`, '', command.does, ...command.more].join('\n'))
      return 0
    }
    const root = dirname(import.meta.dir)
    const settings = readSettings(environment, root, process.cwd())
    const terminal = process.stdout.isTTY
    const color = terminal && environment['NO_COLOR'] === undefined
    // Unheard while the command is loaded, the signal would end it. Nothing of the bundle has been read by then.
    if (RELOADS.has(name)) process.on('SIGHUP', () => undefined)
    const run = await command.load()
    return await run(rest, { out, err, terminal, color, cwd: process.cwd(), settings, environment: { ...environment } })
  } catch (error) {
    return explainFailure(error, command && name, err)
  }
}

function versionOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  return version
}

/** `command`: whose wrong use it may be; undefined where there is no such command. */
function explainFailure(error: unknown, command: string | undefined, err: (line: string) => void): number {
  const usage =
    error instanceof UsageError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
  if (usage) {
    err(
      plain(
        `sallyport: ${(error as Error).message}. See sallyport ${command === undefined ? '' : `${command} `}--help`,
      ),
    )
    return 2
  }
  err(plain(`sallyport: ${error instanceof Error ? error.message : String(error)}`))
  return isUnwritable(error) ? UNWRITABLE : 1
}

function help(out: (line: string) => void): void {
  const width = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length))
  out('Sallyport, an identity-aware gateway for AI traffic\n')
  for (const { usage, does } of Object.values(COMMANDS)) out(`  sallyport ${usage.padEnd(width)}  ${does}`)
  out('\nEnvironment: SALLYPORT_HOME, SALLYPORT_PORT, SALLYPORT_HOST, SALLYPORT_WORKERS')
}

const code = await main(process.argv.slice(2))
process.exitCode = code === UNWRITABLE && !process.connected ? 1 : code
if (process.connected) process.disconnect?.()
