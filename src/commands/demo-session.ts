// `sallyport demo session NAME`: what an application does to act for a person. It proves itself by its key (RFC 7523), shows the
// person's token, and exchanges both for one of minutes (RFC 8693) that is good from this machine alone.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importJWK, SignJWT } from 'jose'
import { z } from 'zod'
import { Refusal } from '#access/refusal.ts'
import { systemClock } from '#lib/clock.ts'
import { systemResolve } from '#upstream/addresses.ts'
import { makeDialer } from '#upstream/dial.ts'
import { postForm } from '#upstream/post-form.ts'
import { random } from './gate-of.ts'
import { type Io, UsageError } from './io.ts'

const demoFile = z.object({
  gateway: z.string(),
  people: z.record(z.string(), z.object({ token: z.string() })),
  clients: z.object({ letters: z.object({ client_id: z.string(), key: z.record(z.string(), z.string()) }) }),
})

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

const answered = z.object({
  access_token: z.string().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
})

/** Prints the token and nothing else: `$(npx sallyport demo session alice)`. */
export async function demoSession(args: readonly string[], io: Io): Promise<number> {
  const [name] = args
  if (name === undefined || args.length > 1)
    throw new UsageError('demo session takes one name: alice, bob, carol or erin')
  const text = await readFile(join(io.settings.home, 'demo.json'), 'utf8').catch(() => undefined)
  if (text === undefined) {
    io.err(`sallyport: no demo has run with ${io.settings.home}; start it with npm start`)
    return 1
  }
  const { gateway, people, clients } = demoFile.parse(JSON.parse(text))
  const person = new Map(Object.entries(people)).get(name)
  if (!person)
    throw new UsageError(`the demo knows no ${JSON.stringify(name)}; it knows ${Object.keys(people).join(', ')}`)
  const form = {
    grant_type: EXCHANGE,
    subject_token: person.token,
    subject_token_type: ACCESS_TOKEN,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await assertion(clients.letters, gateway),
  }
  try {
    const dialer = makeDialer({ resolve: systemResolve, now: () => systemClock.now() })
    const { body } = await postForm({ name: 'the gateway', url: `${gateway}/oauth/token`, private: true }, form, dialer)
    const { access_token: token, error, error_description: why } = answered.parse(JSON.parse(body))
    if (token !== undefined) {
      io.out(token)
      return 0
    }
    io.err(`sallyport: no session: ${error ?? 'no answer'}${why === undefined ? '' : `: ${why}`}`)
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error
    io.err('sallyport: the demo does not answer; start it with npm start')
  }
  return 1
}

async function assertion(
  { client_id: client, key }: { client_id: string; key: object },
  origin: string,
): Promise<string> {
  const now = Math.floor(systemClock.now() / 1000)
  return new SignJWT({ jti: Buffer.from(random(16)).toString('base64url') })
    .setProtectedHeader({ alg: 'EdDSA', kid: client })
    .setIssuer(client)
    .setSubject(client)
    .setAudience(origin)
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(await importJWK(key, 'EdDSA'))
}
