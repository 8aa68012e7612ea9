// How much a request gives the model to read, as an estimate that a caller cannot make small: all bytes that could be
// read count, escapes and names included, and only media that the body itself carries count by the piece.
import { type JsonNode, member } from '#lib/json-node.ts'
import { type Part, textIn } from '#protocols/openai-chat/fields.ts'

const MEDIA_TOKENS = 1_000
const BYTES_PER_TOKEN = 4

const READ_BY_MODEL = [
  'system',
  'messages',
  'tools',
  'mcp_servers',
  'output_config',
  'output_format',
  'compaction',
  'context_management',
] as const

export function inputTokensOf(request: JsonNode, blocks: readonly Part[]): number {
  let bytes = 0
  for (const key of READ_BY_MODEL) bytes += lengthOf(member(request, key))
  let media = 0
  for (const { node } of blocks) {
    const type = textIn(node, 'type')
    // In a block of another type, nobody knows whether it is read as text.
    if (type === 'container_upload') media++
    if (type !== 'image' && type !== 'document') continue
    const source = member(node, 'source')
    const from = textIn(source, 'type')
    if (from === 'base64') bytes -= lengthOf(member(source, 'data'))
    if (from === 'base64' || from === 'url' || from === 'file') media++
  }
  return Math.ceil(bytes / BYTES_PER_TOKEN) + MEDIA_TOKENS * media
}

const lengthOf = (node: JsonNode | undefined): number => (node ? node.end - node.start : 0)
