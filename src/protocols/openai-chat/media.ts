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

/** By holder and name: what using a value there is, where the body does not carry it. */
const ACTS = new Map<string, (value: string) => Act['action'] | undefined>([
  ['image_url.url', (url: string) => (isDataUrl(url) ? undefined : 'fetch-url')],
  ['input_audio.data', (data: string) => (isBase64(data) ? undefined : 'fetch-url')],
  ['file.file_data', (data: string) => (isDataUrl(data) || isFile(data) ? undefined : 'fetch-url')],
  ['file.file_id', () => 'use-file'],
])

/** All that a part refers to or carries, whatever its type says: a provider may look at the fields alone. */
export function mediaOf(part: JsonNode): readonly Media[] {
  return [...ACTS].flatMap(([path, actOf]): readonly Media[] => {
    const [holder = '', name = ''] = path.split('.')
    const node = member(member(part, holder), name)
    if (node?.kind !== 'string') return []
    const value = textOf(node)
    const act = actOf(value)
    return [{ holder, name, node, isDataUrl: isDataUrl(value), ...(act === undefined ? {} : { act }) }]
  })
}

/** Whether a string there is the medium itself, in base64. */
export function carries(holder: string, name: string, node: JsonNode): boolean {
  const actOf = ACTS.get(`${holder}.${name}`)
  return actOf !== undefined && node.kind === 'string' && actOf(textOf(node)) === undefined
}

const isDataUrl = (value: string): boolean => /^data:/i.test(value)

// Whole groups of four (RFC 4648, section 4): names of files and hosts are seldom that.
const isBase64 = (value: string): boolean => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)

/** No file of a kind that models read begins so, and paths do. */
const isFile = (value: string): boolean => !value.startsWith('//') && isBase64(value)
