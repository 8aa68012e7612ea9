// Every string of a chat completions request, with what is known of some: arguments of calls are JSON, media are base64, and
// names in metadata, schemas and fields that nobody knows are people's choice.
import type { Text } from '#access/text.ts'
import type { JsonObject } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { bothWays } from '#protocols/openai-media.ts'
import { type Known, printPlace, type Rules, textsOf } from '#protocols/texts.ts'
import { carries } from './media.ts'
import { FIELDS } from './request-shape.ts'

export const requestTexts = (request: JsonObject): readonly Text[] => bothWays(textsOf(request, RULES))

const JSON_TEXT: Known = { role: 'json' }
const MEDIA: Known = { role: 'media' }

const RULES: Rules = {
  known(steps, parent) {
    if (steps[0] !== 'messages' && steps[0] !== 'prediction') return undefined
    const name = steps.at(-1)
    const holder = steps.at(-2)
    if (name === 'arguments' && (holder === 'function' || holder === 'function_call')) return JSON_TEXT
    if (name === 'text' && typeof holder === 'number') return { group: printPlace(steps.slice(0, -2)) }
    return carries(holder, name, parent) ? MEDIA : undefined
  },
  free(steps) {
    const top = steps[0]
    if (steps.length === 1) return top === 'metadata' || (typeof top === 'string' && !FIELDS.has(top))
    return isSchema(steps)
  },
}

function isSchema(steps: readonly Step[]): boolean {
  const last = steps.at(-1)
  if (steps[0] === 'tools') return steps.length === 4 && last === 'parameters'
  if (steps[0] === 'functions') return steps.length === 3 && last === 'parameters'
  return steps[0] === 'response_format' && steps.length === 3 && last === 'schema'
}
