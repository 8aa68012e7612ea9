// Which logs follow which, by their names: `gateway-0`, `gateway-0-2`, `gateway-0-3`… Names are claims: whether one log follows
// another is for keys and seals to say.

const NUMBER = '([2-9]|[1-9]\\d{1,5})'
const LATER = [new RegExp(`^(gateway-\\d{1,2})-${NUMBER}$`), new RegExp(`^(?!gateway-\\d{1,2}$)(.+)-${NUMBER}$`)]

/** The names among `logs` that are generations of this family, the first one first. */
export function generationsIn(logs: readonly string[], family: string): readonly string[] {
  const numbered = logs.flatMap((log) => {
    const rest = log.startsWith(family) ? log.slice(family.length) : undefined
    if (rest === '') return { log, number: 1 }
    const [, number] = /^-([2-9]|[1-9]\d{1,5})$/.exec(rest ?? '') ?? []
    return number === undefined ? [] : { log, number: Number(number) }
  })
  return numbered.sort((left, right) => left.number - right.number).map(({ log }) => log)
}

/** The name of the generation before; undefined for the first. The number of a worker is no generation. */
export function generationBefore(log: string): string | undefined {
  for (const later of LATER) {
    const [, family, number] = later.exec(log) ?? []
    if (family !== undefined) return number === '2' ? family : `${family}-${Number(number) - 1}`
  }
  return undefined
}
