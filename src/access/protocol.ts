// A protocol reads strictly and edits little: the caller's own bytes leave, and the provider's own JSON comes back, with
// only our edits spliced in. Nothing is translated from one protocol to another.
import type { Refusal } from './refusal.ts'
import type { RecordValue } from './value.ts'

/** What would make a provider act or remember: an access of its own, denied unless policy permits it. */
export interface Act {
  readonly action: 'fetch-url' | 'use-file' | 'store' | 'web-search'
  /** Where the body asks for it: `messages[0].content[1].image_url.url`. */
  readonly field: string
}

/** What a request's body says. */
export interface Reading {
  /** The name the caller used. */
  readonly model: string
  readonly streaming: boolean
  /** The model parameters as policy sees them. */
  readonly parameters: RecordValue
  /** An estimate: bytes of all that the model could read over four, and 1,000 for each image, audio or file. */
  readonly inputTokens: number
  /** The body's own `metadata`: the caller's word, not ours. */
  readonly metadata: ReadonlyMap<string, string>
  readonly acts: readonly Act[]
  /** Fields outside the protocol's allow-list, as paths. */
  readonly unknown: readonly string[]
  /** The caller's bytes, with the model's name replaced by the target's. */
  compose(model: string): Uint8Array
}

export interface Usage {
  readonly input?: number
  readonly output?: number
}

/** One server-sent event of a provider, already split and limited in size. */
export interface StreamEvent {
  /** Its `data:` lines, joined by line feeds. */
  readonly data: string
}

/** What of an event may go on to the caller. */
export interface Passed {
  readonly bytes: Uint8Array
  readonly usage?: Usage
  /** The protocol's own end: only now was the answer complete. */
  readonly done: boolean
}

export interface Protocol {
  readonly name: string
  /** Below the provider's URL, with its slash. */
  readonly path: string
  /** `depth` is how far arrays and objects may nest. Throws a Refusal naming the field for whatever two parsers could read differently, and for what is not this protocol. */
  read(body: Uint8Array, depth: number): Reading
  /** A whole answer; `model` is the name that the caller used. Throws a Refusal for what cannot be passed on. */
  readAnswer(body: Uint8Array, model: string): { readonly bytes: Uint8Array; readonly usage?: Usage }
  /** One reader per stream, fed each event in order. Throws a Refusal for what cannot be passed on. */
  readStream(model: string): (event: StreamEvent) => Passed
  /**
   * A provider's error body with only what this protocol's errors are made of, and the message as it is to be told;
   * undefined where it is not in the protocol's shape. Never throws for what a provider sent.
   */
  readError(body: Uint8Array, told: (message: string) => string): Uint8Array | undefined
  refuse(refusal: Refusal, exchange: string): Response
  /** A no in the middle of a stream. What follows it MUST NOT look like a proper end. */
  interrupt(refusal: Refusal, exchange: string): Uint8Array
}
