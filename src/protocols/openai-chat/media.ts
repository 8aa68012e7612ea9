// The parts of a request that are not text: where they stand, which of them the body itself carries, and whose act the
// others are. Only bytes that the body carries are nobody's act: all else the provider would fetch, or holds.
import type { Act } from '#access/protocol.ts'
import { type JsonNode, type JsonString, member, textOf } from '#lib/json-node.ts'
import type { Step } from '#lib/json-path.ts'

export interface Media {
  /** As `image_url` and `url` of `image_url.url`; the first is also the type of the parts that should have it. */
  readonly holder: string
  readonly name: string
  readonly node: JsonString
  readonly isDataUrl: boolean
  /** What using it is; undefined where the body carries it. */
  readonly act?: Act['action']
}

/** By holder and name: what using a value there is, where the body does not carry it. */
interface Kind {
  readonly holder: string
  readonly name: string
  readonly actOf: (value: string) => Act['action'] | undefined
}

const KINDS: readonly Kind[] = [
  { holder: 'image_url', name: 'url', actOf: (url) => (isDataUrl(url) ? undefined : 'fetch-url') },
  { holder: 'input_audio', name: 'data', actOf: (data) => (isBase64(data) ? undefined : 'fetch-url') },
  { holder: 'file', name: 'file_data', actOf: (data) => (isDataUrl(data) || isFile(data) ? undefined : 'fetch-url') },
  { holder: 'file', name: 'file_id', actOf: () => 'use-file' },
]

const NO_MEDIA: readonly Media[] = []

/** All that a part refers to or carries, whatever its type says: a provider may look at the fields alone. */
export function mediaOf(part: JsonNode): readonly Media[] {
  let found: Media[] | undefined
  for (const { holder, name, actOf } of KINDS) {
    const node = member(member(part, holder), name)
    if (node?.kind !== 'string') continue
    const value = textOf(node)
    const act = actOf(value)
    ;(found ??= []).push({ holder, name, node, isDataUrl: isDataUrl(value), ...(act === undefined ? {} : { act }) })
  }
  return found ?? NO_MEDIA
}

/** Whether the string of this name in `parent`, which is the member `holder`, is the medium itself, in base64. */
export function carries(holder: Step | undefined, name: Step | undefined, parent: JsonNode): boolean {
  for (const kind of KINDS) {
    if (kind.holder !== holder || kind.name !== name) continue
    const node = member(parent, kind.name)
    return node?.kind === 'string' && kind.actOf(textOf(node)) === undefined
  }
  return false
}

const isDataUrl = (value: string): boolean => /^data:/i.test(value)

// Whole groups of four (RFC 4648, section 4): names of files and hosts are seldom that.
const isBase64 = (value: string): boolean => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)

/** No file of a kind that models read begins so, and paths do. */
const isFile = (value: string): boolean => !value.startsWith('//') && isBase64(value)
