// Every place where the gate writes something down: what stands there now, as text.
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { audit } from '#commands/audit.ts'
import { explain } from '#commands/explain.ts'
import type { Io } from '#commands/io.ts'
import type { Rig } from '../rig.ts'

/** Files below the state directory but the bundle itself, the operators' log, and what the commands show of it all. */
export async function sinksOf(
  rig: Pick<Rig, 'home' | 'log'>,
  exchanges: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const sinks = new Map(await filesBelow(rig.home))
  sinks.set("the operators' log", rig.log.join('\n'))
  const shown = (args: readonly string[]) => output(rig.home, args)
  sinks.set('audit show', await shown(['audit', 'show', 'gateway-0']))
  sinks.set('audit show --json', await shown(['audit', 'show', 'gateway-0', '--json']))
  sinks.set('audit verify', await shown(['audit', 'verify', '--all']))
  for (const exchange of exchanges) {
    sinks.set(`explain ${exchange}`, await shown(['explain', exchange]))
    sinks.set(`explain ${exchange} --json`, await shown(['explain', exchange, '--json']))
  }
  return sinks
}

/** The bundle is where its author wrote things down: what of it is kept elsewhere is a sink. */
export async function filesBelow(home: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(home, path)
    // Files come and go while the gate works.
    if (entry.isFile() && !name.startsWith('bundle/')) files.set(name, await readFile(path, 'latin1').catch(() => ''))
  }
  return files
}

async function output(home: string, [command, ...args]: readonly string[]): Promise<string> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const io: Io = {
    out: write,
    err: write,
    terminal: false,
    color: false,
    cwd: home,
    settings: { home, host: '127.0.0.1', port: 1, workers: 1, root: home },
    environment: {},
  }
  await (command === 'audit' ? audit : explain)(args, io)
  return lines.join('\n')
}

/** All that a caller is told: status, headers and body. */
export async function told(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`)
  return [
    `${response.status} ${response.statusText}`,
    ...headers,
    '',
    await response.text().catch(() => '(broken off)'),
  ].join('\n')
}
