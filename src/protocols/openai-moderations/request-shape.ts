// The allow-list of OpenAI's moderations request (API reference, "Create moderation"). A part of another type could name
// what the provider would fetch, as in chat.
import { elsewhere, notServedBeside } from '#protocols/not-served.ts'
import { arrayOf, either, notServed, object, type Shape, tagged, text, unknownType, watched } from '#protocols/shape.ts'

const NOT_SERVED = notServedBeside(elsewhere('messages prompt instructions include tools functions store stream'))

const unknownPart = unknownType({ type: [], text: [], image_url: ['url'] })

const part = watched(
  tagged(
    'type',
    {
      text: object({ 'type!': text, 'text!': text }),
      image_url: object({ 'type!': text, 'image_url!': object({ 'url!': text }) }),
    },
    unknownPart,
  ),
)

const textOrPart: Shape = either('a string or a part', { string: text, object: part })

const fields = {
  ...Object.fromEntries([...NOT_SERVED].map(([name, because]) => [name, notServed(because)])),
  model: text,
  'input!': either('a string, or an array of strings or parts', { string: text, array: arrayOf(textOrPart, 1) }),
}

/** Every field that is known, with those that are known and not served. */
export const FIELDS: ReadonlySet<string> = new Set(Object.keys(fields).map((name) => name.replace('!', '')))

export const moderationsRequest = object(fields)
