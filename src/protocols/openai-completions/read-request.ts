// What a completions request says: its model, and its parameters as policy sees them.
import type { ParameterLimits } from '#access/parameters.ts'
import type { Reading, Settings } from '#access/protocol.ts'
import type { RecordValue } from '#access/value.ts'
import { type JsonObject, member } from '#lib/json-node.ts'
import { jsonBody, MOST_VALUES_OF_TOKENS } from '#protocols/json-body.ts'
import { isTrue, numberIn, textIn } from '#protocols/openai-chat/fields.ts'
import { inputsIn, inputTexts, tokensOfInput } from '#protocols/openai-input.ts'
import {
  decimals,
  largest,
  limited,
  longs,
  refuseOtherEfforts,
  UNNAMED_TEMPERATURE,
  UNNAMED_TOKENS,
} from '#protocols/openai-limits.ts'
import { type Fields, withFields } from '#protocols/openai-settings.ts'
import { withActsOfReferences } from '#protocols/schema-references.ts'
import type { Notes } from '#protocols/shape.ts'
import { completionsRequest, FIELDS } from './request-shape.ts'

export function readRequest(body: Uint8Array, depth = 128): Reading {
  const root = jsonBody(body, depth, MOST_VALUES_OF_TOKENS)
  const notes: Notes = { unknown: [], obscure: [] }
  completionsRequest(root, '', notes)
  const request = root as JsonObject

  return {
    model: textIn(request, 'model') ?? '',
    streaming: isTrue(member(request, 'stream')),
    parametersUnder: (limits) => parametersUnder(limits, request),
    inputTokens: tokensOfInput(member(request, 'prompt')) + tokensOfInput(member(request, 'suffix')),
    prompts: inputsIn(member(request, 'prompt')),
    metadata: new Map(),
    acts: withActsOfReferences(request, []),
    unknown: notes.unknown,
    texts: () => inputTexts(request, 'prompt', FIELDS),
    compose: (settings) => withFields(body, request, fieldsOf(settings, request)),
  }
}

interface Effective {
  readonly max_tokens: number | undefined
  readonly temperature: number | undefined
}

function effective({ maxOutputTokens, temperature, reasoningEffort }: ParameterLimits, request: JsonObject): Effective {
  refuseOtherEfforts(request, reasoningEffort)
  return {
    max_tokens: limited(numberIn(request, 'max_tokens'), maxOutputTokens, UNNAMED_TOKENS),
    temperature: limited(numberIn(request, 'temperature'), temperature, UNNAMED_TEMPERATURE),
  }
}

function parametersUnder(limits: ParameterLimits, request: JsonObject): RecordValue {
  const { max_tokens, temperature } = effective(limits, request)
  return {
    tools: 0n,
    // A number of alternatives; 0 asks for the tokens that were chosen.
    logprobs: numberIn(request, 'logprobs') !== undefined,
    // Of `best_of` answers all are made and the best are given.
    ...longs({ max_output_tokens: max_tokens, n: largest(numberIn(request, 'n'), numberIn(request, 'best_of')) }),
    ...decimals({ temperature, top_p: numberIn(request, 'top_p') }),
  }
}

function fieldsOf({ model, user, limits }: Settings, request: JsonObject): Fields {
  const changed = Object.entries(effective(limits, request)).filter(
    ([name, value]) => value !== undefined && numberIn(request, name) !== value,
  )
  return {
    model,
    ...Object.fromEntries(changed),
    user,
    ...(member(request, 'safety_identifier') ? { safety_identifier: user } : {}),
  }
}
