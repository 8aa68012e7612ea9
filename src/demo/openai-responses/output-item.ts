// The items of a response's output, each with what a stream tells of it between its beginning and its end.
import { logprobsOf } from '#demo/openai/openai-logprobs.ts'
import type { Part } from '#demo/paced-body.ts'

export interface OutputItem {
  readonly id: string
  /** As a stream adds it. */
  readonly opened: object
  readonly done: object
  readonly events: readonly ItemEvent[]
}

/** Without what every event of an item has: `item_id`, `output_index`, `sequence_number`. */
export interface ItemEvent {
  readonly kind: Part['kind']
  /** Without its `response.`. */
  readonly type: string
  readonly fields?: object
}

export function lead(type: string, fields: object = {}): ItemEvent {
  return { kind: 'lead', type, fields }
}

export function pieceEvents(type: string, pieces: readonly string[], fields: object = {}): readonly ItemEvent[] {
  return pieces.map((delta) => ({ kind: 'piece', type, fields: { delta, ...fields } }))
}

export interface Message {
  readonly text: readonly string[] | null
  readonly refusal: readonly string[] | null
  /** Absent where no log-probabilities were asked for. */
  readonly alternatives?: number
  readonly annotations: readonly object[]
  readonly incomplete: boolean
}

export function messageItem(id: string, message: Message): OutputItem {
  const contents = [textContent(message), refusalContent(message)].filter((each) => each !== undefined)
  const common = { id, type: 'message', role: 'assistant' }
  return {
    id,
    opened: { ...common, status: 'in_progress', content: [] },
    done: {
      ...common,
      status: message.incomplete ? 'incomplete' : 'completed',
      content: contents.map(({ part }) => part),
    },
    events: contents.flatMap(contentEvents),
  }
}

interface Content {
  readonly empty: object
  readonly part: object
  readonly events: readonly ItemEvent[]
}

function contentEvents({ empty, part, events }: Content, content_index: number): readonly ItemEvent[] {
  return [
    lead('content_part.added', { content_index, part: empty }),
    ...events.map(({ kind, type, fields }) => ({ kind, type, fields: { content_index, ...fields } })),
    lead('content_part.done', { content_index, part }),
  ]
}

function textContent({ text: pieces, alternatives, annotations }: Message): Content | undefined {
  if (pieces === null) return undefined
  const listed = (some: readonly string[]) => (alternatives === undefined ? [] : logprobsOf(some, alternatives))
  const text = pieces.join('')
  const logprobs = listed(pieces)
  return {
    empty: { type: 'output_text', text: '', annotations: [], logprobs: [] },
    part: { type: 'output_text', text, annotations, logprobs },
    events: [
      ...pieces.map((delta): ItemEvent => ({
        kind: 'piece',
        type: 'output_text.delta',
        fields: { delta, logprobs: listed([delta]) },
      })),
      ...annotations.map((annotation, annotation_index) =>
        lead('output_text.annotation.added', { annotation_index, annotation }),
      ),
      lead('output_text.done', { text, logprobs }),
    ],
  }
}

function refusalContent({ refusal: pieces }: Message): Content | undefined {
  if (pieces === null) return undefined
  const refusal = pieces.join('')
  return {
    empty: { type: 'refusal', refusal: '' },
    part: { type: 'refusal', refusal },
    events: [...pieceEvents('refusal.delta', pieces), lead('refusal.done', { refusal })],
  }
}

export interface Reasoning {
  readonly pieces: readonly string[]
  /** A summary that was asked for, the thoughts themselves, or nothing that could be read. */
  readonly shown: 'summary' | 'content' | 'nothing'
  readonly encrypted: string | null
}

export function reasoningItem(id: string, { pieces, shown, encrypted }: Reasoning): OutputItem {
  const text = pieces.join('')
  const opened = { id, type: 'reasoning', summary: [] }
  const hidden = encrypted === null ? {} : { encrypted_content: encrypted }
  switch (shown) {
    case 'nothing':
      return { id, opened, done: { ...opened, ...hidden }, events: [] }
    case 'summary': {
      const part = { type: 'summary_text', text }
      const at = { summary_index: 0 }
      const events = [
        lead('reasoning_summary_part.added', { ...at, part: { ...part, text: '' } }),
        ...pieceEvents('reasoning_summary_text.delta', pieces, at),
        lead('reasoning_summary_text.done', { ...at, text }),
        lead('reasoning_summary_part.done', { ...at, part }),
      ]
      return { id, opened, done: { ...opened, summary: [part], ...hidden }, events }
    }
    case 'content': {
      const part = { type: 'reasoning_text', text }
      const at = { content_index: 0 }
      const events = [
        lead('content_part.added', { ...at, part: { ...part, text: '' } }),
        ...pieceEvents('reasoning_text.delta', pieces, at),
        lead('reasoning_text.done', { ...at, text }),
        lead('content_part.done', { ...at, part }),
      ]
      return { id, opened, done: { ...opened, content: [part], ...hidden }, events }
    }
  }
}

export interface Call {
  readonly kind: 'function' | 'custom'
  readonly callId: string
  readonly name: string
  readonly pieces: readonly string[]
}

export function callItem(id: string, { kind, callId, name, pieces }: Call): OutputItem {
  const text = pieces.join('')
  const common = { id, call_id: callId, name }
  if (kind === 'custom') {
    const custom = { ...common, type: 'custom_tool_call' }
    return {
      id,
      opened: { ...custom, status: 'in_progress', input: '' },
      done: { ...custom, status: 'completed', input: text },
      events: [
        ...pieceEvents('custom_tool_call_input.delta', pieces),
        lead('custom_tool_call_input.done', { input: text }),
      ],
    }
  }
  const call = { ...common, type: 'function_call' }
  return {
    id,
    opened: { ...call, status: 'in_progress', arguments: '' },
    done: { ...call, status: 'completed', arguments: text },
    events: [
      ...pieceEvents('function_call_arguments.delta', pieces),
      lead('function_call_arguments.done', { name, arguments: text }),
    ],
  }
}
