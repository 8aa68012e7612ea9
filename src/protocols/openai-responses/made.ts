// What a provider holds because it answered: whoever names one of these ids later must be who caused it.
import { type JsonNode, member } from '#lib/json-node.ts'
import { itemsOf, textIn } from '#protocols/openai-chat/fields.ts'

/** Ids that a whole response names as made by it. Containers and approvals outlive it, whether it is stored or not. */
export function madeBy(response: JsonNode): readonly string[] {
  const stored = isStored(response)
  const kept = stored ? [textIn(response, 'id'), textIn(member(response, 'conversation'), 'id')] : []
  const items = itemsOf(member(response, 'output')).flatMap((item) => madeByItem(item, stored))
  return distinct([...kept, ...items])
}

/** What is not said not to be stored is: OpenAI's default. */
export function isStored(response: JsonNode): boolean {
  const store = member(response, 'store')
  return !(store?.kind === 'boolean' && !store.value)
}

export function madeByItem(item: JsonNode, stored: boolean): readonly string[] {
  const approval = textIn(item, 'type') === 'mcp_approval_request'
  return distinct([
    ...(stored || approval ? [textIn(item, 'id')] : []),
    textIn(item, 'container_id'),
    textIn(member(item, 'environment'), 'container_id'),
    ...itemsOf(member(item, 'content')).flatMap((part) => itemsOf(member(part, 'annotations')).flatMap(madeByCitation)),
  ])
}

/** A file that was made in a container. Those of other citations were there before, and may be others'. */
function madeByCitation(citation: JsonNode): readonly (string | undefined)[] {
  switch (textIn(citation, 'type')) {
    case 'container_file_citation':
      return [textIn(citation, 'container_id'), textIn(citation, 'file_id')]
    case 'file_path':
      return [textIn(citation, 'file_id')]
    default:
      return []
  }
}

const distinct = (ids: readonly (string | undefined)[]): readonly string[] =>
  [...new Set(ids.filter((id) => id !== undefined && id !== ''))] as readonly string[]
