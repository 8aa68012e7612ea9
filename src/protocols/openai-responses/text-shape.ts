// What the text of an answer is to look like.
import { type Shape, anyObject, boolean, nullable, object, tagged, text } from '#protocols/shape.ts'

export const responseFormat: Shape = tagged('type', {
  text: object({ 'type!': text }),
  json_object: object({ 'type!': text }),
  json_schema: object({
    'type!': text,
    'name!': text,
    'schema!': anyObject,
    description: nullable(text),
    strict: nullable(boolean),
  }),
})

export const textConfig: Shape = object({ format: nullable(responseFormat), verbosity: nullable(text) })
