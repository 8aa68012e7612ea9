// What the demo model cites: of every document and search result with citations enabled, its beginning. Where exactly is
// told in the way of the source: characters of a text, blocks of a list, pages of a PDF.
import { z } from 'zod'
import { blocksOf, textOf, type Block, type CountRequest } from './messages-request.ts'

const citable = z.looseObject({
  citations: z.looseObject({ enabled: z.literal(true) }),
  title: z.string().nullish(),
  source: z.union([z.string(), z.looseObject({ type: z.string() })]),
})

// In characters: enough to be told from its neighbours.
const CITED = 24

/** The citations of an answer, in the order of their sources. */
export function citationsOf({ messages }: CountRequest): readonly object[] {
  const blocks = messages.flatMap(({ content }) => blocksOf(content))
  return [
    ...blocks.filter((block) => block.type === 'document').flatMap(citeDocument),
    ...blocks.filter((block) => block.type === 'search_result').flatMap(citeResult),
  ]
}

function citeDocument(block: Block, index: number): readonly object[] {
  const read = citable.safeParse(block)
  if (!read.success || typeof read.data.source === 'string') return []
  const { source, title } = read.data
  const common = { document_index: index, document_title: title ?? null, file_id: null }
  switch (source.type) {
    case 'text': {
      const text = typeof source['data'] === 'string' ? source['data'] : ''
      const cited = Array.from(text).slice(0, CITED)
      const place = { start_char_index: 0, end_char_index: cited.length }
      return [{ type: 'char_location', cited_text: cited.join(''), ...common, ...place }]
    }
    case 'content': {
      const cited = begin(textOf(source['content']))
      return [
        { type: 'content_block_location', cited_text: cited, ...common, start_block_index: 0, end_block_index: 1 },
      ]
    }
    default:
      return [{ type: 'page_location', cited_text: 'A page.', ...common, start_page_number: 1, end_page_number: 2 }]
  }
}

function citeResult(block: Block, index: number): readonly object[] {
  const read = citable.safeParse(block)
  if (!read.success || typeof read.data.source !== 'string') return []
  const { source, title } = read.data
  const place = { search_result_index: index, source, title: title ?? null, start_block_index: 0, end_block_index: 1 }
  return [{ type: 'search_result_location', cited_text: begin(textOf(block.content)), ...place }]
}

function begin(text: string): string {
  return Array.from(text).slice(0, CITED).join('')
}
