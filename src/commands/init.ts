// `sallyport init [DIR]`: four questions, then a bundle that `sallyport check` passes. It never asks for a secret, and writes none.
import { resolve } from 'node:path'
import { ownHost } from '#gateway/listen-plaintext.ts'
import type { Look } from '#upstream/look.ts'
import { check } from './check.ts'
import { type Answers, bundleFiles, type Chosen } from './init-files.ts'
import { type Input, standardInput } from './init-input.ts'
import { lookAtIssuer } from './init-issuer.ts'
import { nextLines } from './init-next.ts'
import { faultOf, kindOf, missingAt, type Place, type Question, QUESTIONS } from './init-questions.ts'
import { taken, writeNew } from './init-write.ts'
import { type Io, UsageError } from './io.ts'
import { readOptions } from './options.ts'
import { originOf } from './origin.ts'
import { plain } from './print-problems.ts'
import { ownLook } from './sallyport-at.ts'

export interface InitGround {
  readonly input: () => Input
  readonly look: Look
}

export async function init(
  args: readonly string[],
  io: Io,
  ground: InitGround = { input: standardInput, look: ownLook() },
): Promise<number> {
  const { values, positionals } = readOptions({
    args: [...args],
    allowPositionals: true,
    options: {
      issuer: { type: 'string' },
      audience: { type: 'string' },
      'provider-key': { type: 'string' },
      group: { type: 'string' },
    },
  })
  const [name = 'bundle', second] = positionals
  if (second !== undefined) throw new UsageError('init takes one directory')
  const place: Place = { directory: resolve(io.cwd, name), environment: io.environment }
  const there = await taken(place.directory, FILES)
  if (there.length > 0) {
    io.err(plain(`sallyport: ${name} has ${there.join(', ')} already; nothing was written. Name another directory.`))
    return 1
  }
  const answers = await answersOf(values, { io, place, input: ground.input })
  const chosen = await choose(answers, { io, place, look: ground.look })
  await writeNew(place.directory, bundleFiles(chosen))
  return finish(name, { chosen, io, place })
}

const FILES = ['sallyport.yaml', 'policies/models.cedar', 'cases/models.yaml']

interface Asking {
  readonly io: Io
  readonly place: Place
  readonly input: () => Input
}

async function answersOf(
  given: Readonly<Partial<Record<Question['flag'], string>>>,
  { io, place, input }: Asking,
): Promise<Answers> {
  const found: Partial<Record<keyof Answers, string>> = {}
  for (const { key, flag } of QUESTIONS) {
    const answer = given[flag]?.trim()
    if (answer === undefined) continue
    const fault = answer === '' ? 'It is empty.' : faultOf(key, answer, place)
    if (fault !== undefined) throw new UsageError(`--${flag}: ${fault.replace(/\.$/, '')}`)
    found[key] = answer
  }
  const open = QUESTIONS.filter(({ key }) => found[key] === undefined)
  if (open.length > 0) await ask(open, found, { io, place, input })
  const { issuer = '', audience = '', providerKey = '', group = '' } = found
  return { issuer, audience, providerKey, group }
}

async function ask(
  open: readonly Question[],
  found: Partial<Record<keyof Answers, string>>,
  { io, place, input }: Asking,
): Promise<void> {
  const from = input()
  const tell = (line: string): void => (from.terminal ? io.out(line) : undefined)
  const object = (line: string): void => (from.terminal ? io.out(line) : io.err(line))
  try {
    for (const question of open) {
      const { key, asks, example, otherwise } = question
      tell(`${QUESTIONS.indexOf(question) + 1}/4  ${asks}`)
      tell(otherwise === undefined ? `     Such as ${example}` : `     Enter alone is ${otherwise}`)
      while (found[key] === undefined) {
        const line = await from.next()
        if (line === undefined) throw unanswered(open.filter((each) => found[each.key] === undefined))
        const answer = line.trim() === '' ? (otherwise ?? '') : line.trim()
        const fault = answer === '' ? `It is needed, such as ${example}` : faultOf(key, answer, place)
        if (fault === undefined) found[key] = answer
        else object(`     ✗ ${plain(fault)}`)
      }
      const missing = missingAt(key, found[key] ?? '', place)
      if (missing) tell(`     ! ${plain(`${missing.what} Make it before the start: ${missing.make}`)}`)
    }
  } finally {
    from.close()
  }
}

const unanswered = (questions: readonly Question[]): UsageError =>
  new UsageError(`init was not told ${questions.map(({ flag }) => `--${flag}`).join(', ')}, and nobody is here to ask`)

interface Choosing {
  readonly io: Io
  readonly place: Place
  readonly look: Look
}

/** What follows from the answers, and from what the issuer says of itself. */
async function choose(answers: Answers, { io, place, look }: Choosing): Promise<Chosen> {
  const { issuer, claim, notes } = await lookAtIssuer(answers.issuer, look)
  for (const note of notes) io.out(plain(note))
  const { host, port } = io.settings
  // A bundle names no http address of the network: whoever listens on one has a name that is https.
  return { ...answers, issuer, claim, kind: kindOf(answers.providerKey, place), origin: originOf(ownHost(host), port) }
}

interface Written {
  readonly chosen: Chosen
  readonly io: Io
  readonly place: Place
}

async function finish(name: string, { chosen, io, place }: Written): Promise<number> {
  const code = await check([name], io)
  const missing = missingAt('providerKey', chosen.providerKey, place)
  io.out('')
  io.out('Next:')
  const then = chosen.providerKey.startsWith('env:') ? '' : ', Enter, Ctrl-D'
  if (missing) io.out(`  ${plain(missing.make)}   # then paste the key${then}`)
  for (const line of nextLines(name, chosen)) io.out(`  ${plain(line)}`)
  return code
}
