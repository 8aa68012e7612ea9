// Names what was done to entries, by laying what is there beside the hashes that should be there. Pure.
import type { Problem } from './report.ts'

interface Row {
  readonly hash: string
  /** Its place among the wanted hashes; undefined for an entry that nobody wanted. */
  readonly place: number | undefined
  readonly again: boolean
}

/**
 * `wanted` are leaf hashes from index `first` on, `found` those of the entries there; `end` is the size of the log.
 * `than` ends the sentences: what the hashes differ from.
 */
export function nameDifferences(
  first: number,
  wanted: readonly Buffer[],
  found: readonly Buffer[],
  { end, than }: { readonly end: number; readonly than: string },
): readonly Problem[] {
  const rows = layOut(wanted, found)
  const missing = new Missing(wanted.length, new Set(rows.map(({ place }) => place)))
  const after = placesAfter(rows, wanted.length)
  const problems: Problem[] = []
  let before = -1
  for (const [at, row] of rows.entries()) {
    if (row.again) {
      const index = first + (row.place ?? 0)
      problems.push({ kind: 'doubled', index, message: `entry ${index} stands here more than once` })
    } else if (row.place === undefined) {
      problems.push(nameStranger(first, missing.take(before + 1, after[at] ?? wanted.length), { before, than }))
    } else {
      if (row.place < before) {
        const message = `entry ${first + row.place} was moved: it stands after entry ${first + before}`
        problems.push({ kind: 'reordered', index: first + row.place, message })
      }
      before = row.place
    }
  }
  return [...problems, ...nameMissing(first, missing.left(), wanted.length, end)]
}

function layOut(wanted: readonly Buffer[], found: readonly Buffer[]): readonly Row[] {
  const places = new Map(wanted.map((hash, place) => [hash.toString('hex'), place]))
  const seen = new Set<string>()
  return found.map((bytes) => {
    const hash = bytes.toString('hex')
    const place = places.get(hash)
    const again = place !== undefined && seen.has(hash)
    seen.add(hash)
    return { hash, place, again }
  })
}

/** For each row the place of the next one after it that has one of its own. */
function placesAfter(rows: readonly Row[], end: number): readonly number[] {
  const after: number[] = []
  let next = end
  for (let at = rows.length - 1; at >= 0; at--) {
    after[at] = next
    const { place, again } = rows[at] ?? {}
    if (place !== undefined && again === false) next = place
  }
  return after
}

/** Places where nothing wanted was found. Taking all of them, in any order, takes about as long as there are places. */
class Missing {
  /** For each place itself where it is missing, else one after it from where to look on. */
  readonly #next: number[]
  readonly #end: number

  constructor(count: number, present: ReadonlySet<number | undefined>) {
    this.#end = count
    this.#next = Array.from({ length: count + 1 }, (_, place) => (present.has(place) ? place + 1 : place))
  }

  /** The first from `from` on and before `until`, which is missing no longer. */
  take(from: number, until: number): number | undefined {
    const place = this.#find(from)
    if (place >= Math.min(until, this.#end)) return undefined
    this.#next[place] = place + 1
    return place
  }

  left(): readonly number[] {
    return this.#next.slice(0, this.#end).flatMap((next, place) => (next === place ? [place] : []))
  }

  #find(from: number): number {
    let place = from
    for (let next = this.#at(place); next !== place; next = this.#at(place)) {
      // Half of the way is forgotten: the next look is shorter.
      this.#next[place] = this.#at(next)
      place = this.#at(next)
    }
    return place
  }

  #at(place: number): number {
    return this.#next[place] ?? this.#end
  }
}

/** An unknown entry where one is missing is that one, edited; anywhere else it was put in. */
function nameStranger(
  first: number,
  place: number | undefined,
  { before, than }: { before: number; than: string },
): Problem {
  if (place !== undefined) {
    const index = first + place
    return { kind: 'edited', index, message: `entry ${index} was edited: hash differs from ${than}` }
  }
  const index = first + before + 1
  return { kind: 'inserted', index, message: `an entry was inserted before entry ${index}` }
}

function nameMissing(first: number, missing: readonly number[], count: number, end: number): readonly Problem[] {
  // Missing from some place to the very end of the log is a cut tail; anything else was taken out.
  let tail = missing.length
  if (first + count === end) while (tail > 0 && missing[tail - 1] === count - 1 - (missing.length - tail)) tail -= 1
  const problems: Problem[] = missing.slice(0, tail).map((place) => {
    const index = first + place
    return { kind: 'deleted', index, message: `entry ${index} was deleted` }
  })
  const cut = missing[tail]
  if (cut === undefined) return problems
  const message = `the log was cut off: its entries end before entry ${first + cut}, but the checkpoint signs ${end}`
  return [...problems, { kind: 'truncated', index: first + cut, message }]
}
