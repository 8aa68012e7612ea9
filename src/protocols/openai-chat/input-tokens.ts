// How much a request gives the model to read, as an estimate that a caller cannot make small: all bytes that could be
// read count, escapes and names included, and only media that the body itself carries count by the piece.
import { type JsonNode, member } from '#lib/json-node.ts'
import { partsIn, textIn } from './fields.ts'
import { type Media, mediaOf } from './media.ts'

// About what providers bill for one image of ordinary size; the estimate need not be better than that.
const MEDIA_TOKENS = 1_000
const BYTES_PER_TOKEN = 4

const READ_BY_MODEL = ['messages', 'prediction', 'tools', 'functions', 'response_format'] as const

export function inputTokensOf(request: JsonNode): number {
  let bytes = 0
  for (const key of READ_BY_MODEL) bytes += lengthOf(member(request, key))
  let media = 0
  for (const { node: part } of partsIn(request)) {
    const type = textIn(part, 'type')
    // In a part of another type, nobody knows whether it is read as text.
    for (const each of mediaOf(part)) {
      if (each.holder !== type || !countsByPiece(each)) continue
      media++
      if (each.act === undefined) bytes -= lengthOf(each.node)
    }
  }
  return Math.ceil(bytes / BYTES_PER_TOKEN) + MEDIA_TOKENS * media
}

const lengthOf = (node: JsonNode | undefined): number => (node ? node.end - node.start : 0)

/** A file's bytes that are no `data:` URL could be its text. */
const countsByPiece = ({ name, isDataUrl }: Media): boolean => name !== 'file_data' || isDataUrl
