// The parts of a request that are not text: which of them the body itself carries, and whose act the others are.
// Only bytes that the body carries are nobody's act: all else the provider would fetch, or holds.
import type { Act } from '#access/protocol.ts'
import { type JsonNode, type JsonString, member, textOf } from '#lib/json-node.ts'

export interface Media {
  /** As `image_url`, or `input_audio.data`. */
  readonly name: string
  readonly node: JsonString
  readonly value: string
  /** The type of the parts that should have it. */
  readonly type: 'input_image' | 'input_file' | 'input_audio'
  /** What using it is; undefined where the body carries it. */
  readonly act?: 'fetch-url' | 'use-file'
}

/** All that a part refers to or carries, whatever its type says: a provider may look at the fields alone. */
export function mediaOf(part: JsonNode): readonly Media[] {
  const audio = member(part, 'input_audio')
  return [
    ...look('file_id', 'input_file', member(part, 'file_id'), () => 'use-file'),
    ...look('image_url', 'input_image', member(part, 'image_url'), fetched),
    ...look('image_url.url', 'input_image', member(member(part, 'image_url'), 'url'), fetched),
    ...look('file_url', 'input_file', member(part, 'file_url'), fetched),
    ...look('file_data', 'input_file', member(part, 'file_data'), fetchedUnlessFile),
    ...look('input_audio.data', 'input_audio', member(audio, 'data'), fetchedUnlessBytes),
  ]
}

function look(
  name: string,
  type: Media['type'],
  node: JsonNode | undefined,
  actOf: (value: string) => Media['act'] | undefined,
): readonly Media[] {
  if (node?.kind !== 'string') return []
  const value = textOf(node)
  const act = actOf(value)
  return [{ name, type, node, value, ...(act === undefined ? {} : { act }) }]
}

const fetched = (url: string): 'fetch-url' | undefined => (isDataUrl(url) ? undefined : 'fetch-url')

const fetchedUnlessBytes = (data: string): 'fetch-url' | undefined => (isBase64(data) ? undefined : fetched(data))

const fetchedUnlessFile = (data: string): 'fetch-url' | undefined => (isFile(data) ? undefined : fetched(data))

export const isDataUrl = (value: string): boolean => /^data:/i.test(value)

// Whole groups of four (RFC 4648, section 4): names of files and hosts are seldom that.
const isBase64 = (value: string): boolean => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)

/** No file of a kind that models read begins so, and paths do. */
const isFile = (value: string): boolean => !value.startsWith('//') && isBase64(value)

export const actsOfMedia = (at: string, node: JsonNode): readonly Act[] =>
  mediaOf(node).flatMap(({ act, name, value }): readonly Act[] => {
    if (act === undefined) return []
    const field = `${at}.${name}`
    return [act === 'use-file' ? { action: act, field, id: value } : { action: act, field }]
  })
