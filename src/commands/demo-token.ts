import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Io, UsageError } from './io.ts'

const demoFile = z.object({
  people: z.record(z.string(), z.object({ token: z.string() })),
  apps: z.record(z.string(), z.object({ key: z.string() })),
})

const KNOWN = 'alice, bob, carol, erin or intake'

/** `sallyport demo token NAME`: prints the token of one of the demo's people, or the key of its application, and nothing else. */
export async function demoToken(args: readonly string[], io: Io): Promise<number> {
  const [name] = args
  if (name === undefined || args.length > 1) throw new UsageError(`demo token takes one name: ${KNOWN}`)
  const path = join(io.settings.home, 'demo.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) {
    io.err(`sallyport: no demo has run with ${io.settings.home}; start it with npm start`)
    return 1
  }
  const { people, apps } = demoFile.parse(JSON.parse(text))
  const credential = new Map([
    ...Object.entries(people).map(([person, { token }]) => [person, token] as const),
    ...Object.entries(apps).map(([app, { key }]) => [app, key] as const),
  ]).get(name)
  if (credential === undefined) throw new UsageError(`the demo knows no ${JSON.stringify(name)}; it knows ${KNOWN}`)
  io.out(credential)
  return 0
}
