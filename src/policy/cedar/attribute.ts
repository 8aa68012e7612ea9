// What reads an entity or a record: `.`, `has`, tags, and `like` on text.
// An entity that nothing is known of has no attributes: `has` is false, reading one is an error.
import { boolean, type Compiled, type CompileExpression } from './compiled.ts'
import { entityKey, type EntityNode, findEntity } from './entity-set.ts'
import { EvaluationError, typeError } from './evaluation-error.ts'
import type { Frame } from './frame.ts'
import { compileLike } from './like.ts'
import { type ExprJson } from './policy-json.ts'
import { asEntity, asText, kindOf, own, type RuntimeValue } from './runtime-value.ts'
import { type EntityUid, printUid } from '#access/value.ts'

type Operator = (operand: ExprJson, compile: CompileExpression) => Compiled

export const attributeOperators: readonly (readonly [string, Operator])[] = [
  ['.', ({ left, attr }, compile) => readAttribute(compile(left), attr as string)],
  ['has', ({ left, attr }, compile) => hasAttribute(compile(left), attr as string | readonly string[])],
  ['getTag', ({ left, right }, compile) => readTag(compile(left), compile(right))],
  ['hasTag', ({ left, right }, compile) => hasTag(compile(left), compile(right))],
  ['like', ({ left, pattern }, compile) => like(compile(left), pattern as readonly PatternElement[])],
]

type PatternElement = 'Wildcard' | { readonly Literal: string }

function readAttribute({ run, subject }: Compiled, name: string): Compiled {
  if (subject === undefined) return { run: (frame) => attributeOf(run(frame), name, frame) }
  return {
    run: (frame) => {
      const node = subject(frame)
      return entityAttribute(node, node.uid, name)
    },
  }
}

function attributeOf(value: RuntimeValue, name: string, frame: Frame): RuntimeValue {
  if (typeof value === 'object' && 'record' in value) {
    const found = own(value.record, name)
    if (found === undefined) throw new EvaluationError(`record does not have the attribute \`${name}\``)
    return found
  }
  const uid = entityIn(value)
  return entityAttribute(findEntity(frame.entities, entityKey(uid)), uid, name)
}

function entityAttribute(node: EntityNode | undefined, uid: EntityUid, name: string): RuntimeValue {
  if (node?.attributes === undefined) throw new EvaluationError(`entity \`${printUid(uid)}\` does not exist`)
  const found = own(node.attributes, name)
  if (found === undefined) throw new EvaluationError(`\`${printUid(uid)}\` does not have the attribute \`${name}\``)
  return found
}

/** `x has a.b.c` is `x has a && x.a has b && x.a.b has c`. */
function hasAttribute({ run }: Compiled, attribute: string | readonly string[]): Compiled {
  const path = typeof attribute === 'string' ? [attribute] : attribute
  return boolean((frame) => {
    let value: RuntimeValue | undefined = run(frame)
    for (const name of path) {
      value = attributeIfAny(value, name, frame)
      if (value === undefined) return false
    }
    return true
  })
}

function attributeIfAny(value: RuntimeValue, name: string, frame: Frame): RuntimeValue | undefined {
  if (typeof value === 'object' && 'record' in value) return own(value.record, name)
  const attributes = findEntity(frame.entities, entityKey(entityIn(value)))?.attributes
  return attributes === undefined ? undefined : own(attributes, name)
}

function entityIn(value: RuntimeValue): EntityUid {
  if (typeof value === 'object' && 'entity' in value) return value.entity
  throw typeError('one of [record, (entity of type `any_entity_type`)]', kindOf(value))
}

function readTag(entity: Compiled, tag: Compiled): Compiled {
  return {
    run: (frame) => {
      const [value, text] = [entity.run(frame), tag.run(frame)]
      const [uid, name] = [asEntity(value), asText(text)]
      const node = findEntity(frame.entities, entityKey(uid))
      if (node === undefined) throw new EvaluationError(`entity \`${printUid(uid)}\` does not exist`)
      const found = node.tags === undefined ? undefined : own(node.tags, name)
      if (found === undefined) throw new EvaluationError(`\`${printUid(uid)}\` does not have that tag`)
      return found
    },
  }
}

function hasTag(entity: Compiled, tag: Compiled): Compiled {
  return boolean((frame) => {
    const [value, text] = [entity.run(frame), tag.run(frame)]
    const [uid, name] = [asEntity(value), asText(text)]
    const tags = findEntity(frame.entities, entityKey(uid))?.tags
    return tags !== undefined && own(tags, name) !== undefined
  })
}

function like({ run }: Compiled, pattern: readonly PatternElement[]): Compiled {
  const runs = ['']
  for (const element of pattern) {
    if (element === 'Wildcard') runs.push('')
    else runs.push((runs.pop() ?? '') + element.Literal)
  }
  const matches = compileLike(runs)
  return boolean((frame) => matches(asText(run(frame))))
}
