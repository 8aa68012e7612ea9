// Where what happened differs from what a story tells, in words. A record is told in part, a list whole.

/** Paths and what is wrong there; empty where `actual` holds all of `told`. `null` is told of what must be absent. */
export function differences(told: unknown, actual: unknown, at = ''): readonly string[] {
  if (told === null)
    return actual === undefined || actual === null ? [] : [`${at} is ${show(actual)}, told is: nothing`]
  if (Array.isArray(told)) {
    if (!Array.isArray(actual)) return [`${at} is ${show(actual)}, told is a list`]
    if (actual.length !== told.length)
      return [`${at} has ${actual.length} items, told are ${told.length}: ${show(actual)}`]
    return told.flatMap((item, index) => differences(item, actual[index], `${at}[${index}]`))
  }
  if (typeof told === 'object') {
    if (!isRecord(actual)) return [`${at} is ${show(actual)}, told is a record`]
    return Object.entries(told).flatMap(([key, value]) =>
      differences(value, actual[key], at === '' ? key : `${at}.${key}`),
    )
  }
  return Object.is(told, actual) ? [] : [`${at} is ${show(actual)}, told is ${show(told)}`]
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const show = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value))
