// What is known of a request's texts beyond their being strings. What the provider signed is read and never edited; what it
// encrypted, nobody here can read.
import { type JsonNode, member } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'
import { type Part, textIn } from '#protocols/openai-chat/fields.ts'
import { type Known, printPlace, type Rules } from '#protocols/texts.ts'

export function requestRules(blocks: readonly Part[]): Rules {
  const kept = keptUnchanged(blocks)
  return {
    known(steps, parent) {
      if (isWithin(kept, parent)) return knownUnlessFree(steps, parent) ?? SIGNED
      const known = knownUnlessFree(steps, parent)
      if (known || !isTextOfBlock(steps) || isAmongFree(steps)) return known
      return { group: printPlace(steps.slice(0, -2)) }
    },
    free: isFree,
  }
}

const SIGNED: Known = { role: 'signed' }
const SEALED: Known = { role: 'sealed' }
const MEDIA: Known = { role: 'media' }

const ENCRYPTED: ReadonlySet<Step> = new Set(['encrypted_content', 'encrypted_index', 'encrypted_stdout'])

/** Of a string by its name and the object that holds it, in requests and answers alike. */
export function knownOf(name: Step | undefined, parent: JsonNode): Known | undefined {
  if (name === undefined || typeof name === 'number') return undefined
  if (ENCRYPTED.has(name)) return SEALED
  const type = textIn(parent, 'type')
  if (name === 'data') return type === 'redacted_thinking' ? SEALED : type === 'base64' ? MEDIA : undefined
  if (type !== 'thinking' && type !== 'compaction') return undefined
  if (name === 'signature') return SEALED
  const signed = name === (type === 'thinking' ? 'thinking' : 'content') && isSigned(parent)
  return signed ? SIGNED : undefined
}

const isSigned = (block: JsonNode): boolean => (textIn(block, 'signature') ?? '') !== ''

/** The tool changes of a signed compaction, in order: they are to be sent back as they came. */
function keptUnchanged(blocks: readonly Part[]): readonly JsonNode[] {
  const kept: JsonNode[] = []
  for (const { node } of blocks) {
    const changes = textIn(node, 'type') === 'compaction' && isSigned(node) ? member(node, 'tool_changes') : undefined
    if (changes && changes.start >= (kept.at(-1)?.end ?? 0)) kept.push(changes)
  }
  return kept
}

/** By halving: a caller could send thousands of them. */
function isWithin(kept: readonly JsonNode[], node: JsonNode): boolean {
  let from = 0
  let to = kept.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((kept[middle]?.end ?? 0) < node.end) from = middle + 1
    else to = middle
  }
  const found = kept[from]
  return found !== undefined && found.start <= node.start
}

const knownUnlessFree = (steps: readonly Step[], parent: JsonNode): Known | undefined =>
  isAmongFree(steps) ? undefined : knownOf(steps.at(-1), parent)

/** What a block of text says: it is read as one with the other blocks of its list. */
export const isTextOfBlock = (steps: readonly Step[]): boolean =>
  steps.at(-1) === 'text' && typeof steps.at(-2) === 'number'

const FREE: ReadonlySet<Step> = new Set(['input', 'input_schema', 'input_examples', 'schema'])
const IN: ReadonlySet<Step> = new Set(['messages', 'tools', 'output_config', 'output_format'])

function isFree(steps: readonly Step[]): boolean {
  const last = steps.at(-1)
  return last !== undefined && FREE.has(last) && steps.length > 1 && IN.has(steps[0] ?? '')
}

/** Among names that people choose, none of ours means anything: what says that it is encrypted is not. */
const isAmongFree = (steps: readonly Step[]): boolean =>
  IN.has(steps[0] ?? '') && steps.slice(1, -1).some((step) => FREE.has(step))
