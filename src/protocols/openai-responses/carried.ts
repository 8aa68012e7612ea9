// Which items of a request are there only by their id: without what they hold, the provider would look for it in what it
// kept, whoever it kept it for.
import { isCiphertext } from '#protocols/ciphertext.ts'
import { type JsonNode, member, textOf } from '#lib/json-node.ts'
import { textIn } from '#protocols/openai-chat/fields.ts'

/** Of each type, what makes it whole: any one of these, with something in it. */
const CONTENT: ReadonlyMap<string, readonly string[]> = new Map([
  ['message', ['content']],
  ['function_call', ['name', 'arguments']],
  ['custom_tool_call', ['name', 'input']],
  ['file_search_call', ['results']],
  ['code_interpreter_call', ['code', 'outputs']],
  ['mcp_call', ['output', 'error']],
  ['mcp_list_tools', ['tools', 'error']],
  ['mcp_approval_request', ['name', 'arguments']],
  ['tool_search_call', ['arguments']],
  ['program_output', ['result']],
])

/** Whether an item that is known here holds what it is about. */
export function isCarried(item: JsonNode): boolean {
  const type = textIn(item, 'type') ?? 'message'
  switch (type) {
    case 'reasoning':
    case 'compaction':
      return isCiphertext(textIn(item, 'encrypted_content') ?? '')
    case 'image_generation_call':
      return isImage(textIn(item, 'result') ?? '')
    case 'web_search_call':
    case 'computer_call':
      return isDone(member(item, 'action')) || isDone(member(item, 'actions'))
    default: {
      const names = CONTENT.get(type)
      return !names || names.some((name) => !isBlank(member(item, name), type === 'message' ? NOT_SAID : NOT_FOUND))
    }
  }
}

const isImage = (value: string): boolean => value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value)

/** A search without words is none; the other things that models do on pages and screens may need no more than their name. */
function isDone(action: JsonNode | undefined): boolean {
  if (action?.kind === 'array') return action.items.some(isDone)
  const type = textIn(action, 'type') ?? ''
  return type === 'search' ? !isBlank(action, NOT_SAID) : type.trim() !== ''
}

// What a part is, and how it is to be read, is not what it says.
const NOT_SAID: ReadonlySet<string> = new Set(['type', 'annotations', 'logprobs', 'detail', 'prompt_cache_breakpoint'])
// Nor is, of what was found, where it stands and how well it fits.
const NOT_FOUND: ReadonlySet<string> = new Set(['type', 'file_id', 'filename', 'score', 'attributes'])

function isBlank(node: JsonNode | undefined, besides: ReadonlySet<string>): boolean {
  switch (node?.kind) {
    case 'string':
      return textOf(node).trim() === ''
    case 'array':
      return node.items.every((each) => isBlank(each, besides))
    case 'object':
      return node.members.every(({ key, value }) => besides.has(key) || isBlank(value, besides))
    default:
      return true
  }
}
