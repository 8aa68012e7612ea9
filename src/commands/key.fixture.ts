// For tests only: `sallyport key` in a state directory of its own, at a time of the test's choice.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Io } from './io.ts'
import type { KeyTools } from './key-tools.ts'

type Verb = (args: readonly string[], io: Io, tools?: KeyTools) => Promise<number>

export interface Ran {
  readonly code: number
  readonly out: readonly string[]
  readonly err: readonly string[]
}

export interface Owner {
  readonly home: string
  /** Words apart by spaces. */
  readonly run: (verb: Verb, line: string, how?: { readonly terminal?: boolean; readonly at?: number }) => Promise<Ran>
}

/** 2026-11-21, noon. */
export const NOON = Date.UTC(2026, 10, 21, 12)

export async function anOwner(): Promise<Owner> {
  const cwd = await mkdtemp(join(tmpdir(), 'key-'))
  const home = join(cwd, 'home')
  const settings = { home, host: '127.0.0.1', port: 8400, workers: 1, root: '/' }
  return {
    home,
    async run(verb, line, { terminal = false, at = NOON } = {}) {
      const out: string[] = []
      const err: string[] = []
      const says = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) }
      const io: Io = { ...says, terminal, color: false, cwd, settings, environment: {} }
      const tools: KeyTools = { now: () => at, random: (length) => crypto.getRandomValues(new Uint8Array(length)) }
      const code = await verb(line === '' ? [] : line.split(' '), io, tools)
      return { code, out, err }
    },
  }
}

export const INTAKE =
  '--app intake --owner ops@harbor.example --team intake --environment production --use letters --models clinic-small --network 10.2.0.0/16 --expires 30d'
