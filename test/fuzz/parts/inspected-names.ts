import { MEMBER_NAMES } from '#protocols/member-names.ts'

/** Whether a name is a text for inspectors: those that the protocols have anyway are none. */
export const isInspected = (name: string): boolean => !MEMBER_NAMES.has(name)
