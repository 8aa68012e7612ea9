// `sallyport doctor`: what stands between this bundle, on this machine, and a request that works. It sends no prompt and
// changes nothing; whatever is broken, the rest is looked at all the same.
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { systemClock } from '#lib/clock.ts'
import { loadBundle } from '#policy/bundle/load-bundle.ts'
import type { Problem } from '#policy/bundle/problem.ts'
import { systemResolve } from '#upstream/addresses.ts'
import { makeDialer } from '#upstream/dial.ts'
import { looker } from '#upstream/look.ts'
import { clockFindings, listenToClocks } from './doctor/clock.ts'
import { checkFiles } from './doctor/files.ts'
import { type Around, count, type Finding, ok, warn, wrong } from './doctor/finding.ts'
import { checkIssuers } from './doctor/issuers.ts'
import { checkPorts, diskFinding, freeBytes } from './doctor/machine.ts'
import { nearPaths, type Standpoint } from './doctor/near-paths.ts'
import { findingLines, summary } from './doctor/print-findings.ts'
import { checkProviders } from './doctor/providers.ts'
import { type Parts, readParts } from './doctor/read-parts.ts'
import { checkToken } from './doctor/token.ts'
import { openVault } from './doctor/vault.ts'
import { checkWire } from './doctor/wire.ts'
import type { Io } from './io.ts'
import { readOptions } from './options.ts'
import { printJson } from './terminal.ts'

/** What a test hands in; a terminal is as wide as it says. */
export interface Doctored {
  now(): number
  readonly columns: number | undefined
  readonly input: () => Promise<string>
}

const HERE: Doctored = {
  now: () => systemClock.now(),
  columns: process.stdout.columns,
  input: () => readAll(process.stdin),
}

export async function doctor(args: readonly string[], io: Io, here: Doctored = HERE): Promise<number> {
  const { values } = readOptions({
    args: [...args],
    options: { bundle: { type: 'string' }, json: { type: 'boolean' }, token: { type: 'string' } },
  })
  const token = values.token === undefined ? undefined : await tokenFrom(values.token, io, here)
  const findings = await examine(resolve(io.cwd, values.bundle ?? 'bundle'), { token, io, here })
  if (values.json) for (const finding of findings) io.out(printJson(finding))
  else {
    const page = { color: io.color, columns: io.terminal ? here.columns : undefined }
    const from = { cwd: io.cwd, home: io.environment['HOME'] }
    const near = findings.map((each) => nearer(each, from))
    for (const line of findingLines(near, page)) io.out(line)
    io.out(`doctor  ${summary(findings)}`)
  }
  return findings.some(({ verdict }) => verdict === 'wrong') ? 1 : 0
}

function nearer(finding: Finding, from: Standpoint): Finding {
  const near = (text: string): string => nearPaths(text, from)
  const { subject, said, fix } = finding
  return { ...finding, subject: near(subject), said: near(said), ...(fix !== undefined && { fix: near(fix) }) }
}

type Token = { readonly text: string } | { readonly unread: string } | undefined

async function tokenFrom(name: string, { cwd }: Io, { input }: Doctored): Promise<Token> {
  try {
    return { text: (name === '-' ? await input() : await readFile(resolve(cwd, name), 'utf8')).trim() }
  } catch {
    return { unread: name === '-' ? 'standard input' : name }
  }
}

interface Asked {
  readonly token: Token
  readonly io: Io
  readonly here: Doctored
}

async function examine(directory: string, { token, io, here }: Asked): Promise<readonly Finding[]> {
  const { environment, settings } = io
  const now = (): number => here.now()
  const look = looker(makeDialer({ resolve: systemResolve, now }), now)
  const clocks = listenToClocks(look)
  const around: Around = { look: clocks.look, now, environment }
  const isSet = (name: string): boolean => Boolean(environment[name])
  const [bundle, parts] = await Promise.all([bundleFinding(directory, isSet), readParts(directory, isSet)])
  const [files, free, ports, wire, outside] = await Promise.all([
    checkFiles(settings.home, directory, parts),
    freeBytes(join(settings.home, 'audit')),
    checkPorts(settings, look),
    parts ? checkWire(parts, settings, now()) : [],
    parts ? checkOutside(parts, around, token) : [],
  ])
  const machine = [...files, diskFinding(settings.home, free), ...ports, ...wire]
  return [bundle, ...machine, ...(parts ? clockFindings(clocks.heard) : []), ...outside]
}

/** Everybody at once: none is asked for longer because another is slow. */
async function checkOutside(parts: Parts, around: Around, token: Token): Promise<readonly Finding[]> {
  const vault = parts.vault ? openVault(parts.vault, around) : undefined
  const [issuers, judged, secrets, providers] = await Promise.all([
    checkIssuers(parts, around, token !== undefined && 'text' in token),
    judge(token, parts, around),
    vault?.then(({ findings }) => findings),
    Promise.resolve(vault).then((door) => checkProviders(parts, around, door)),
  ])
  return [...issuers, ...judged, ...(secrets ?? []), ...providers]
}

async function judge(token: Token, parts: Parts, around: Around): Promise<readonly Finding[]> {
  if (!token) return []
  if ('text' in token) return checkToken(token.text, parts, around)
  return [wrong('token', token.unread, 'cannot be read', 'Name a file with the token in it, or - for standard input.')]
}

const placeOf = ({ file, line }: Problem): string => (line === 0 ? file : `${file}:${line}`)

async function bundleFinding(directory: string, environment: (name: string) => boolean): Promise<Finding> {
  const loaded = await loadBundle(directory, { environment })
  const fix = `Run: sallyport check ${directory}`
  if (!loaded.ok) {
    const errors = loaded.problems.filter(({ severity }) => severity === 'error')
    const [first] = errors
    const where = first ? `: ${placeOf(first)} ${first.path} ${first.message}`.replaceAll(/ +/g, ' ') : ''
    return wrong('bundle', directory, `${count(errors.length, 'problem')}${where}`, fix)
  }
  const { config, warnings } = loaded.bundle
  const holds = [
    count(config.issuers.size, 'issuer'),
    count(config.providers.size, 'provider'),
    count(config.models.size, 'model'),
  ].join(', ')
  if (warnings.length === 0) return ok('bundle', directory, holds)
  return warn('bundle', directory, `${holds}; ${count(warnings.length, 'warning')}`, fix)
}
