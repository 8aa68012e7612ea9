// The four questions of `sallyport init`, and what is wrong with an answer: the bundle's own readers say it, of the file that
// the answer would make.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { collectProblems, looksSecret } from '#policy/bundle/problem.ts'
import { readSettings } from '#policy/bundle/settings.ts'
import { type Answers, settingsText, teamOf } from './init-files.ts'

export interface Question {
  readonly key: keyof Answers
  readonly flag: 'issuer' | 'audience' | 'provider-key' | 'group'
  readonly asks: string
  readonly example: string
  /** Of an empty answer. */
  readonly otherwise?: string
}

export const QUESTIONS: readonly Question[] = [
  {
    key: 'issuer',
    flag: 'issuer',
    asks: 'Which issuer signs your people in? Its URL, exactly as `iss` in its tokens.',
    example: 'https://acme.okta.com/oauth2/default',
  },
  {
    key: 'audience',
    flag: 'audience',
    asks: 'Whom are its tokens made out to? The audience (`aud`) that you gave this gateway there.',
    example: 'sallyport',
    otherwise: 'sallyport',
  },
  {
    key: 'providerKey',
    flag: 'provider-key',
    asks: 'Where is the API key of OpenAI or Anthropic? file:PATH (relative to the bundle) or env:NAME, never the key.',
    example: 'file:../provider-key',
    otherwise: 'file:../provider-key',
  },
  {
    key: 'group',
    flag: 'group',
    asks: 'Which group may use the models? As your directory writes it.',
    example: 'Engineering',
  },
]

export interface Place {
  /** The bundle's directory, absolute. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const SOUND: Answers = {
  issuer: 'https://login.example.com',
  audience: 'sallyport',
  providerKey: 'env:SET',
  group: 'staff',
}

/** What is wrong with an answer, and what to do; undefined where it will do. Never repeats what might be a secret. */
export function faultOf(key: keyof Answers, answer: string, place: Place): string | undefined {
  if (/\p{C}/u.test(answer)) return 'It has characters that cannot be seen: type it, or paste it as plain text.'
  if (isPastedSecret(key, answer)) {
    return 'That looks like a secret itself, and is now where it should not be. Put it into a file, replace it soon, and name the file: file:PATH.'
  }
  if (key === 'providerKey' && answer.startsWith('vault:')) {
    return 'init writes no `vault:`. Begin with file:PATH, and change it as docs/bundle.md says.'
  }
  if (key === 'providerKey' && !/^(?:file|env):/.test(answer)) {
    const path = /^[\w./-]{1,200}$/.test(answer) ? answer : 'PATH'
    return `It must be file:PATH or env:NAME. If it is a file, write file:${path}; relative paths start at the bundle directory.`
  }
  if (missingAt(key, answer, place) !== undefined) return undefined
  const found = problemsOf({ ...SOUND, [key]: answer }, place).find(({ path }) => path.startsWith(pathOf(key, answer)))
  return found && `It ${found.message}. ${found.fix}`
}

function problemsOf(answers: Answers, { directory, environment }: Place) {
  const { report, problems } = collectProblems()
  const text = settingsText({ ...answers, kind: 'openai', claim: 'groups', origin: 'http://127.0.0.1' })
  const isSet = (name: string): boolean => name === 'SET' || Boolean(environment[name])
  readSettings(text, { directory, environment: isSet }, report)
  return problems().filter(({ severity }) => severity === 'error')
}

function pathOf(key: keyof Answers, answer: string): string {
  switch (key) {
    case 'issuer':
      return 'issuers.staff.url'
    case 'audience':
      return 'issuers.staff.audience'
    case 'providerKey':
      return 'providers.openai.credential'
    case 'group':
      return `teams.${teamOf(answer)}`
  }
}

/** A group may be any letters and digits, as a GUID is: of the others, only what surely is a secret is called one. */
function isPastedSecret(key: keyof Answers, answer: string): boolean {
  if (/^(?:Bearer\s|sk-|sk_|sp_[A-Za-z0-9]+_|eyJ|AKIA|AIza|gh[pousr]_|xox[abprs]-|-----BEGIN)/.test(answer)) return true
  if (key !== 'providerKey') return false
  const [, form, rest = ''] = /^(file:|env:|vault:)?(.*)$/s.exec(answer) ?? []
  return form === undefined ? looksSecret(rest) : /^(?:sk-|sk_|eyJ|-----BEGIN)/.test(rest)
}

/** What is not there yet and can still be made: a reason to say so, not to begin anew. */
export function missingAt(key: keyof Answers, answer: string, place: Place): Missing | undefined {
  if (key !== 'providerKey') return undefined
  const [, variable] = /^env:([A-Za-z_][A-Za-z0-9_]{0,127})$/.exec(answer) ?? []
  if (variable !== undefined) {
    return place.environment[variable]
      ? undefined
      : { what: `${variable} is not set yet.`, make: `read -rs ${variable} && export ${variable}` }
  }
  const [, written] = /^file:(?!\/\/)(.+)$/.exec(answer) ?? []
  if (written === undefined || looksSecret(written)) return undefined
  const path = resolve(place.directory, written)
  return existsSync(path)
    ? undefined
    : { what: `${path} does not exist yet.`, make: `(umask 077; cat > ${quoted(path)})` }
}

export interface Missing {
  readonly what: string
  /** A line for a shell that leaves the secret out of its history. */
  readonly make: string
}

const quoted = (path: string): string =>
  /^[\w./+@:-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`

const LONGEST_KEY = 64 * 1024

/** By the key's own form where it can be read, else by what its place is called. */
export function kindOf(reference: string, { directory, environment }: Place): 'openai' | 'anthropic' {
  const key = reference.startsWith('env:')
    ? environment[reference.slice('env:'.length)]
    : textAt(resolve(directory, reference.slice('file:'.length)))
  if (key?.trimStart().startsWith('sk-ant-')) return 'anthropic'
  if (key?.trimStart().startsWith('sk-')) return 'openai'
  return /anthropic|claude/i.test(reference) ? 'anthropic' : 'openai'
}

function textAt(path: string): string | undefined {
  try {
    const found = statSync(path)
    return found.isFile() && found.size <= LONGEST_KEY ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}
