// `in` and `is`. Membership is reflexive and asks the ancestors that were worked out beforehand: no walk, however deep.
import type { EntityUid } from '#access/value.ts'
import { boolean, type Compiled, type CompileExpression, entityOf } from './compiled.ts'
import { type EntityKey, entityKey, findEntity, NO_ANCESTORS } from './entity-set.ts'
import { typeError } from './evaluation-error.ts'
import type { Frame } from './frame.ts'
import { type ExprJson } from './policy-json.ts'
import { asEntity, isSet, kindOf, type RuntimeValue } from './runtime-value.ts'

type Operator = (operand: ExprJson, compile: CompileExpression) => Compiled

/** An entity as far as membership asks: itself, and what holds it. */
export interface Member {
  readonly key: EntityKey
  readonly ancestors: ReadonlyMap<EntityKey, EntityUid>
}

export const membershipOperators: readonly (readonly [string, Operator])[] = [
  ['in', ({ left, right }, compile) => isIn(compile(left), compile(right))],
  [
    'is',
    ({ left, entity_type: type, in: within }, compile) =>
      is(compile(left), String(type), within === undefined ? undefined : compile(within)),
  ],
]

function isIn(left: Compiled, right: Compiled): Compiled {
  const member = left.subject ?? ((frame: Frame) => memberOf(asEntity(left.run(frame)), frame))
  const keys = constantKeys(right.constant)
  if (keys !== undefined) return boolean((frame) => isInAny(member(frame), keys))
  // The right side is evaluated before the left one's kind is checked, as the specification orders errors.
  return boolean((frame) => {
    const value = left.run(frame)
    const wanted = keysOf(right.run(frame))
    return isInAny(left.subject?.(frame) ?? memberOf(asEntity(value), frame), wanted)
  })
}

function is(left: Compiled, type: string, within: Compiled | undefined): Compiled {
  const hasType = (frame: Frame) => asEntity(left.run(frame)).type === type
  if (within === undefined) return boolean(hasType)
  const held = isIn(left, within).truth
  return boolean((frame) => hasType(frame) && held?.(frame) === true)
}

export function isInAny({ key, ancestors }: Member, wanted: readonly EntityKey[]): boolean {
  for (const other of wanted) if (other === key || ancestors.has(other)) return true
  return false
}

function memberOf(uid: EntityUid, { entities }: Frame): Member {
  const key = entityKey(uid)
  return { key, ancestors: findEntity(entities, key)?.ancestors ?? NO_ANCESTORS }
}

function constantKeys(value: RuntimeValue | undefined): readonly EntityKey[] | undefined {
  if (value === undefined) return undefined
  const uids = (isSet(value) ? value : [value]).map(entityOf)
  return uids.every((uid) => uid !== undefined) ? uids.map(entityKey) : undefined
}

/** Every element of a set must be an entity, also one after the match. */
function keysOf(value: RuntimeValue): readonly EntityKey[] {
  if (isSet(value)) return value.map((element) => entityKey(asEntity(element)))
  const uid = entityOf(value)
  if (uid === undefined) throw typeError('one of [set, (entity of type `any_entity_type`)]', kindOf(value))
  return [entityKey(uid)]
}
