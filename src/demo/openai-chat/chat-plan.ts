// What the demo model answers to a chat completion request: text, calls, and why it stops.
// A tool that has answered since the last user text counts as called: an agent's loop ends, though its text still says `[[tool:…]]`.
import type { Directives } from '#demo/directives.ts'
import { openAiUsage, type Usage } from '#demo/openai/openai-usage.ts'
import { ARGUMENT_CHARACTERS, characters, cut, untilStop, words } from '#demo/pieces.ts'
import { exampleOf } from '#demo/schema-example.ts'
import { lastTurn, otherParts, textOf, type ChatRequest } from './chat-request.ts'

export interface Call {
  readonly kind: 'function' | 'custom' | 'legacy'
  readonly name: string
  /** The arguments or the input, in the pieces in which they are streamed. */
  readonly pieces: readonly string[]
}

export interface Plan {
  /** Empty where nothing was to be thought. */
  readonly thoughts: readonly string[]
  readonly refusal: readonly string[] | null
  /** Null where the answer is calls, or a refusal, alone. */
  readonly text: readonly string[] | null
  readonly calls: readonly Call[]
  readonly finish: 'stop' | 'length' | 'tool_calls' | 'function_call'
  readonly usage: Usage
}

interface Wanted {
  readonly kind: Call['kind']
  readonly name: string
  readonly text: string
}

export function planAnswer(request: ChatRequest, directives: Directives): Plan {
  const calls = wantedCalls(request, directives).map(({ kind, name, text }): Call => ({
    kind,
    name,
    pieces: characters(text, directives.chunk ?? ARGUMENT_CHARACTERS),
  }))
  const silent = (calls.length > 0 || directives.refuse !== undefined) && directives.say === undefined
  const thoughts = cut(directives.think ?? '', directives.chunk)
  const refusal = directives.refuse === undefined ? null : cut(directives.refuse, directives.chunk)
  const whole = silent ? [] : cut(untilStop(answerText(request, directives), request.stop).text, directives.chunk)
  const most = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY
  const text = whole.slice(0, most)
  const said = text.length + (refusal?.length ?? 0)
  const written = thoughts.length + said + calls.reduce((sum, call) => sum + call.pieces.length, 0)
  return {
    thoughts,
    refusal,
    text: silent ? null : text,
    calls,
    finish: finishOf(calls, text.length < whole.length),
    usage: usageOf(request, written * (request.n ?? 1)),
  }
}

function finishOf(calls: readonly Call[], truncated: boolean): Plan['finish'] {
  if (truncated) return 'length'
  const [first] = calls
  if (!first) return 'stop'
  return first.kind === 'legacy' ? 'function_call' : 'tool_calls'
}

function usageOf(request: ChatRequest, written: number): Usage {
  const read = request.messages.reduce((sum, message) => sum + words(textOf(message)).length, 0)
  return openAiUsage(read, written)
}

function answerText(request: ChatRequest, directives: Directives): string {
  if (directives.say !== undefined) return directives.say
  const text = plainText(request, directives)
  switch (request.response_format?.type) {
    case 'json_schema':
      return JSON.stringify(exampleOf(request.response_format.json_schema?.schema))
    case 'json_object':
      return JSON.stringify({ answer: text })
    default:
      return text
  }
}

/** The user's text; of a user who wrote none, what tools answered, else what was sent instead. */
function plainText(request: ChatRequest, directives: Directives): string {
  const { user, results } = lastTurn(request)
  if (directives.rest !== '') return directives.rest
  if (results.length > 0) return results.map(textOf).join('\n')
  const others = user ? otherParts(user) : []
  return others.length > 0 ? `Received: ${others.join(', ')}.` : ''
}

function wantedCalls(request: ChatRequest, directives: Directives): readonly Wanted[] {
  if (lastTurn(request).results.length > 0) return []
  const proposed = directives.tools.map((each) => wanted(request, each.name, each.arguments))
  const forced = proposed.length > 0 ? proposed : forcedCall(request, directives)
  const single = request.parallel_tool_calls === false || forced[0]?.kind === 'legacy'
  return single ? forced.slice(0, 1) : forced
}

/** A directive's call is proposed whether or not the request declares it: models do that, and the gate has to cope. */
function wanted(request: ChatRequest, name: string, text: string): Wanted {
  const custom = request.tools?.some((tool) => tool.type === 'custom' && tool.custom.name === name)
  if (custom === true) return { kind: 'custom', name, text }
  return { kind: request.functions && !request.tools ? 'legacy' : 'function', name, text }
}

/** The call that `tool_choice` insists on, with the least arguments that its schema admits. */
function forcedCall(request: ChatRequest, directives: Directives): readonly Wanted[] {
  const name = forcedName(request)
  if (name === undefined) return []
  const tool = request.tools?.find((each) => nameOf(each) === name)
  if (tool?.type === 'custom') return [{ kind: 'custom', name, text: directives.rest }]
  const schema = tool?.function.parameters ?? request.functions?.find((each) => each.name === name)?.parameters
  return [wanted(request, name, JSON.stringify(exampleOf(schema)))]
}

function forcedName(request: ChatRequest): string | undefined {
  const choice = request.tool_choice
  if (typeof request.function_call === 'object') return request.function_call.name
  if (choice === 'required') return nameOf(request.tools?.[0])
  if (typeof choice !== 'object') return undefined
  if (choice.type !== 'allowed_tools') return nameOf(choice)
  return choice.allowed_tools.mode === 'required' ? nameOf(choice.allowed_tools.tools[0]) : undefined
}

function nameOf(tool: unknown): string | undefined {
  const { function: fn, custom } = (tool ?? {}) as { readonly function?: unknown; readonly custom?: unknown }
  const { name } = (fn ?? custom ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : undefined
}
