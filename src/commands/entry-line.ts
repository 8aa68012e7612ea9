// One entry on a terminal: on one line where it has room for one, else on two, the second with what names it.
import type { ReadEntry } from '#audit/read.ts'
import { plainTexts } from './terminal.ts'

export interface EntryLine {
  /** The log that it stands in, as wide as the widest; absent where it is clear. */
  readonly log?: string
  /** Of the terminal; absent where nobody's lines end. */
  readonly columns?: number
}

/** With fewer columns an ordinary decision does not fit. */
const ROOM_FOR_ONE = 118

export function entryLines(read: ReadEntry, { log, columns = ROOM_FOR_ONE }: EntryLine): readonly string[] {
  // Whatever a caller, a provider or a policy's author wrote is in there: no text of it may steer a terminal.
  const entry = plainTexts(read)
  const place = log === undefined ? '' : `${plainTexts(log)}  `
  const index = String(entry.index).padStart(6)
  const exchange = textOf(entry, 'exchange')
  if (columns >= ROOM_FOR_ONE) {
    const head = `${place}${index}  ${entry.time}  ${entry.kind.padEnd(9)} `
    return [`${head}${exchange && `${exchange}  `}${summary(entry)}`.trimEnd()]
  }
  const when = entry.time.slice(0, 19).replace('T', ' ')
  return [`${entry.kind.padEnd(9)} ${summary(entry)}`.trimEnd(), `  ${place}${index}  ${when}  ${exchange}`.trimEnd()]
}

const textOf = (entry: ReadEntry, name: string): string => (typeof entry[name] === 'string' ? entry[name] : '')

function summary(entry: ReadEntry): string {
  const text = (name: string): string => textOf(entry, name)
  const number = (name: string): string => (typeof entry[name] === 'number' ? String(entry[name]) : '?')
  const id = (name: string): string => idOf(entry[name]) || '?'
  switch (entry.kind) {
    case 'decision':
      return `${text('decision').padEnd(5)} ${actorOf(entry) || '?'} → ${text('action')} → ${id('resource')}  ${text('reason')}`
    case 'outcome':
      return `${text('ended')} ${number('status')}  ${number('bytes')} bytes  ${text('reason')}`
    case 'change':
      return `${text('what')} ${text('subject')}  ${text('why')}`
    case 'secret':
      return `${text('what')} ${text('reference')}  ${text('why') || text('fingerprint')}`
    case 'session':
      return sessionSummary(entry)
    case 'token':
      return tokenSummary(entry)
    case 'read':
      return `${text('what')} ${text('subject')}  ${text('by')}  ${selectionOf(entry['selection'])}`
    default:
      return [text('indicator'), text('subject'), text('source')].filter(Boolean).join('  ')
  }
}

/** The parts that are there. */
const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('  ')

/** `desk for ids/ann`: whoever acts, then everybody behind. */
function actorOf({ principal }: ReadEntry): string {
  const id = idOf(principal)
  const chain =
    typeof principal === 'object' && principal !== null && 'chain' in principal ? principal.chain : undefined
  const behind = Array.isArray(chain) ? chain.slice(1).map(idOf) : []
  return [id, ...behind].filter((each) => each !== '').join(' for ')
}

function idOf(link: unknown): string {
  const id = typeof link === 'object' && link !== null && 'id' in link ? link.id : undefined
  return typeof id === 'string' ? id : ''
}

/** Of an application that is its own client, once. */
function clientOf(entry: ReadEntry): string {
  const client = textOf(entry, 'client')
  return client === idOf(entry['principal']) ? '' : client
}

function sessionSummary(entry: ReadEntry): string {
  const text = (name: string): string => textOf(entry, name)
  const what = text('what')
  const { labels } = entry
  const seen = what === 'label' && Array.isArray(labels) ? labels.map(String).join(', ') : ''
  const spent = typeof entry['calls'] === 'number' ? `${entry['calls']} ${entry['calls'] === 1 ? 'call' : 'calls'}` : ''
  const trust = what === 'trust' ? text('trust') : ''
  const why = joined(text('why'), what === 'end' && text('by') !== 'gate' ? text('by') : '')
  return joined(`${what} ${text('session')}`, actorOf(entry), clientOf(entry), trust, seen, why, spent)
}

function tokenSummary(entry: ReadEntry): string {
  const text = (name: string): string => textOf(entry, name)
  // `urn:ietf:params:oauth:grant-type:token-exchange`: the last word says it.
  const grant = text('grant').split(':').at(-1) ?? ''
  return joined(text('what'), grant, actorOf(entry), clientOf(entry), text('session'), text('reason'))
}

function selectionOf(selection: unknown): string {
  if (typeof selection !== 'object' || selection === null) return ''
  return Object.entries(selection)
    .map(([name, value]) => `--${plainTexts(name)} ${String(value)}`)
    .join(' ')
}
