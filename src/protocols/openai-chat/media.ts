// The parts of a request that are not text: where they stand, which of them the body itself carries, and whose act the
// others are. Only bytes that the body carries are nobody's act: all else the provider would fetch, or holds.
import type { Act } from '#access/protocol.ts'
import { type JsonNode, type JsonString, member, textOf } from '#lib/json-node.ts'

export interface Media {
  /** As `image_url` and `url` of `image_url.url`; the first is also the type of the parts that should have it. */
  readonly holder: string
  readonly name: string
  readonly node: JsonString
  readonly isDataUrl: boolean
  /** What using it is; undefined where the body carries it. */
  readonly act?: Act['action']
}

/** All that a part refers to or carries, whatever its type says: a provider may look at the fields alone. */
export function mediaOf(part: JsonNode): readonly Media[] {
  const found: Media[] = []
  const look = (holder: string, name: string, actOf: (value: string) => Act['action'] | undefined): void => {
    const node = member(member(part, holder), name)
    if (node?.kind !== 'string') return
    const value = textOf(node)
    const act = actOf(value)
    found.push({ holder, name, node, isDataUrl: isDataUrl(value), ...(act === undefined ? {} : { act }) })
  }
  look('image_url', 'url', (url) => (isDataUrl(url) ? undefined : 'fetch-url'))
  look('input_audio', 'data', (data) => (isBase64(data) ? undefined : 'fetch-url'))
  look('file', 'file_data', (data) => (isDataUrl(data) || isBase64(data) ? undefined : 'fetch-url'))
  look('file', 'file_id', () => 'use-file')
  return found
}

const isDataUrl = (value: string): boolean => /^data:/i.test(value)

// Whole groups of four (RFC 4648, section 4): names of files and hosts are seldom that.
const isBase64 = (value: string): boolean => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
