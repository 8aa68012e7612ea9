import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Io, UsageError } from './io.ts'

const demoFile = z.object({ people: z.record(z.string(), z.object({ token: z.string() })) })

/** `sallyport demo token NAME`: prints the token of one of the demo's people, and nothing else. */
export async function demoToken(args: readonly string[], io: Io): Promise<number> {
  const [name] = args
  if (name === undefined || args.length > 1)
    throw new UsageError('demo token takes one name: alice, bob, carol or erin')
  const path = join(io.settings.home, 'demo.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) {
    io.err(`sallyport: no demo has run with ${io.settings.home}; start it with npm start`)
    return 1
  }
  const person = new Map(Object.entries(demoFile.parse(JSON.parse(text)).people)).get(name)
  if (!person) throw new UsageError(`the demo knows no ${JSON.stringify(name)}; it knows alice, bob, carol and erin`)
  io.out(person.token)
  return 0
}
