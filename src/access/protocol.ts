// A protocol reads strictly and edits little: the caller's own bytes leave, and the provider's own JSON comes back, with
// only our edits spliced in. Nothing is translated from one protocol to another.
import type { ParameterLimits } from './parameters.ts'
import type { Refusal } from './refusal.ts'
import type { Edit, Text } from './text.ts'
import type { Usage } from './usage.ts'
import type { RecordValue } from './value.ts'

/** What makes a provider act or remember, besides answering: each an access of its own. */
export const ACT_ACTIONS = [
  /** It would fetch an address that the body names. */
  'fetch-url',
  /** It would read a file that it holds. */
  'use-file',
  /** It would search files or vector stores that it holds. */
  'search-files',
  /** It would keep this exchange beyond answering it. */
  'store',
  /** It would go on from what it kept: an earlier response, a conversation, an item of one. */
  'use-stored',
  /** It would use a prompt that it holds. */
  'use-prompt',
  'web-search',
  /** It would run code in a container of its own. */
  'run-code',
  /** It would call an MCP server, or a connector to some other service. */
  'use-mcp',
  /** It would use any other tool of its own. */
  'use-hosted-tool',
  /** It would work on after the caller is gone. */
  'background',
] as const

export type ActAction = (typeof ACT_ACTIONS)[number]

/** What would make a provider act or remember: an access of its own, denied unless policy permits it. */
export interface Act {
  readonly action: ActAction
  /** Where the body asks for it: `messages[0].content[1].image_url.url`. */
  readonly field: string
  /** What the provider made and holds: usable only by the principal and session that caused it, besides what the bundle shares. */
  readonly id?: string
  /** The provider would do it though the body does not ask: where policy does not permit it, `Settings.without` switches it off. */
  readonly unasked?: true
}

/** What is set in a request on its way out. */
export interface Settings {
  /** The target's name of the model. */
  readonly model: string
  /** What the provider is told of the person: a stable pseudonym, in place of whatever the caller wrote. */
  readonly user: string
  readonly limits: ParameterLimits
  /** Acts marked `unasked` that are to be switched off. */
  readonly without: ReadonlySet<ActAction>
  /** Older servers of OpenAI's shape know `max_tokens` alone. */
  readonly provider: 'openai' | 'openai-compatible' | 'anthropic'
}

/** What a request's body says. */
export interface Reading {
  /** The name the caller used. */
  readonly model: string
  readonly streaming: boolean
  /** The model parameters as policy sees them: as they would leave under these limits. Throws a Refusal where no request within the limits makes sense. */
  parametersUnder(limits: ParameterLimits): RecordValue
  /** An estimate: bytes of all that the model could read over four, and 1,000 for each image, audio or file. */
  readonly inputTokens: number
  /** It asks the model to think, besides by an effort among its parameters: what is thought need not be seen. */
  readonly reasons?: boolean
  /** How many prompts it brings: each is answered as often as its parameters say. Absent: one. */
  readonly prompts?: number
  /** The body's own `metadata`: the caller's word, not ours. */
  readonly metadata: ReadonlyMap<string, string>
  readonly acts: readonly Act[]
  /** Tools of the provider's own that the model could call, as usage and prices name them: `web_search`. */
  readonly hosted?: readonly string[]
  /** Ids that stand in the body beside what they name, and need nobody's permit: only, they must not be somebody else's. */
  readonly mentions?: readonly { readonly id: string; readonly field: string }[]
  /** Fields outside the protocol's allow-list, as paths. */
  readonly unknown: readonly string[]
  /** Every string of the body, keys included. Their edits are of the body as it was read. */
  texts(): Iterable<Text>
  /** The caller's bytes with these settings, and no other change. */
  compose(settings: Settings): Uint8Array
}

/** A whole answer. */
export interface AnswerReading {
  readonly usage?: Usage
  /** Ids of what the provider now holds because of this request. */
  readonly made: readonly string[]
  texts(): Iterable<Text>
  /** The provider's bytes, with the caller's name of the model and these edits, in order of place. */
  compose(edits: readonly Edit[]): Uint8Array
}

/** One server-sent event of a provider, already split and limited in size. */
export interface StreamEvent {
  /** Its `event:` line, where it has one. */
  readonly event?: string
  /** Its `data:` lines, joined by line feeds. */
  readonly data: string
}

/** What is told in a stream where something was redacted. */
export interface Notice {
  readonly kind: string
  /** A JSON pointer into the whole answer. */
  readonly place: string
}

/** What of an event may go on to the caller. */
export interface EventReading {
  readonly usage?: Usage
  readonly made?: readonly string[]
  /** Every string of the event. Those with a lane continue the texts of earlier events. */
  readonly texts: readonly Text[]
  /** Lanes that are complete with this event. At the stream's end all others are. */
  readonly ended: readonly string[]
  /** The protocol's own end: only now was the answer complete. */
  readonly done: boolean
  /** Something of the answer was said to its end: what the provider has to count comes at once. */
  readonly finished?: boolean
  /** It only goes on with one text, as the event before it did: it ends nothing, counts nothing and made nothing. */
  readonly goesOn?: true
  /**
   * The event as server-sent event, with the caller's name of the model and these edits, in order of place; empty where
   * nothing is passed on. Notices stand in a member of their own that clients do not look at.
   */
  compose(edits: readonly Edit[], notices?: readonly Notice[]): Uint8Array
}

export interface Protocol {
  readonly name: string
  /** Below the provider's URL, with its slash. */
  readonly path: string
  /** Above the acts: what asking it is. */
  readonly action: 'infer' | 'embed'
  /** What the provider charges for. Absent: input and output. */
  readonly charges?: 'input' | 'nothing'
  /** Calls of the provider's own tools do not stand in its answers: each tool that is asked for counts as called once. */
  readonly tellsNoCalls?: true
  /**
   * What of the caller's headers goes on to the provider (a version, opt-ins), and as `header: value` what is not known of it.
   * Throws a Refusal for a version that is not spoken here. Absent: nothing of them does.
   */
  requestHeaders?(from: Headers): {
    readonly pass: Readonly<Record<string, string>>
    readonly unknown: readonly string[]
  }
  /** `depth` is how far arrays and objects may nest. Throws a Refusal naming the field for whatever two parsers could read differently, and for what is not this protocol. */
  read(body: Uint8Array, depth: number): Reading
  /** A whole answer; `model` is the name that the caller used. Throws a Refusal for what cannot be passed on. */
  readAnswer(body: Uint8Array, model: string): AnswerReading
  /** One reader per stream, fed each event in order. Throws a Refusal for what cannot be passed on. */
  readStream(model: string): (event: StreamEvent) => EventReading
  /**
   * A provider's error body with only what this protocol's errors are made of, and the message as it is to be told;
   * undefined where it is not in the protocol's shape. Never throws for what a provider sent.
   */
  readError(body: Uint8Array, told: (message: string) => string): Uint8Array | undefined
  refuse(refusal: Refusal, exchange: string): Response
  /** A no in the middle of a stream. What follows it MUST NOT look like a proper end. */
  interrupt(refusal: Refusal, exchange: string): Uint8Array
}
