// What nobody here knows in full could make the provider act in any way that things in its place can.
import type { Act, ActAction } from '#access/protocol.ts'
import type { Obscure } from './shape.ts'

/** A content part, or what holds such: it could name an address, or a file. */
export const OF_PART: readonly ActAction[] = ['fetch-url', 'use-file']

/** A tool is the provider's own, until somebody here knows it. */
export const OF_TOOL: readonly ActAction[] = ['use-hosted-tool']

/** By the last of the actions, what is named in the unknown of it would be used. */
export function actsOfObscure({ at, ids }: Obscure, actions: readonly ActAction[]): readonly Act[] {
  const using = actions.at(-1)
  return [
    ...actions.map((action): Act => ({ action, field: at })),
    ...(using === undefined ? [] : ids.map(({ id, field }): Act => ({ action: using, field, id }))),
  ]
}
