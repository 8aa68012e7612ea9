// What a request of the Responses API says: the creation of a response, and those that are parts of it.
import type { ParameterLimits } from '#access/parameters.ts'
import type { Reading } from '#access/protocol.ts'
import { type JsonObject, member, textOf } from '#lib/json-node.ts'
import { mentionsIn } from '#protocols/ids.ts'
import { jsonBody } from '#protocols/json-body.ts'
import { isTrue, textIn } from '#protocols/openai-chat/fields.ts'
import { withActsOfReferences } from '#protocols/schema-references.ts'
import type { Notes, Shape } from '#protocols/shape.ts'
import { textsOf } from '#protocols/texts.ts'
import { actsOf, storing } from './acts.ts'
import { composeRequest, type Writes } from './compose-request.ts'
import { estimateTokens } from './estimate-tokens.ts'
import { parametersUnder } from './limits.ts'
import { hostedTools } from './tool-acts.ts'
import { RULES } from './text-rules.ts'

export interface RequestKind {
  readonly shape: Shape
  readonly writes: ReadonlySet<Writes>
}

export const requestReader =
  ({ shape, writes }: RequestKind) =>
  (body: Uint8Array, depth: number): Reading => {
    const root = jsonBody(body, depth)
    const notes: Notes = { unknown: [], obscure: [] }
    shape(root, '', notes)
    const request = root as JsonObject
    const asked = actsOf(request, notes.obscure)
    const acts = [...withActsOfReferences(request, asked), ...(writes.has('store') ? storing(request) : [])]
    return {
      model: textIn(request, 'model') ?? '',
      streaming: isTrue(member(request, 'stream')),
      parametersUnder: (limits) => parametersUnder(request, limitsFor(writes, limits)),
      inputTokens: estimateTokens(request),
      reasons:
        member(request, 'reasoning')?.kind === 'object' && textIn(member(request, 'reasoning'), 'effort') !== 'none',
      metadata: metadataOf(request),
      acts,
      hosted: hostedTools(request),
      mentions: mentionsIn(request, acts, NO_IDS_IN),
      unknown: notes.unknown,
      texts: () => textsOf(request, RULES),
      compose: (settings) => composeRequest(body, request, settings, writes),
    }
  }

// There people and tools choose the names.
const NO_IDS_IN: ReadonlySet<string> = new Set(
  'metadata parameters schema input_schema output_schema arguments attributes filters env variables'.split(' '),
)

/** What a request has no field for does not leave with it, and policy is not told that it does. */
function limitsFor(writes: ReadonlySet<Writes>, limits: ParameterLimits): ParameterLimits {
  const { reasoningEffort, ...numbers } = limits
  return {
    ...(writes.has('limits') ? numbers : {}),
    ...(writes.has('effort') && reasoningEffort ? { reasoningEffort } : {}),
  }
}

const NO_METADATA: ReadonlyMap<string, string> = new Map()

function metadataOf(request: JsonObject): ReadonlyMap<string, string> {
  const metadata = member(request, 'metadata')
  if (metadata?.kind !== 'object') return NO_METADATA
  return new Map(
    metadata.members.flatMap(({ key, value }) => (value.kind === 'string' ? [[key, textOf(value)] as const] : [])),
  )
}
