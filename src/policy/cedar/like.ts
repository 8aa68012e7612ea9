// `like`: literal runs between wildcards, matched leftmost first. Linear in the text whatever the pattern: each run is
// searched by Knuth-Morris-Pratt, and the search never goes back over an earlier run.

/** The literal runs around the wildcards: `a*b` is `['a', 'b']`. Never empty; one run means no wildcard. */
export function compileLike(runs: readonly string[]): (text: string) => boolean {
  const [first = ''] = runs
  if (runs.length <= 1) return (text) => text === first
  const last = runs.at(-1) ?? ''
  const middle = runs
    .slice(1, -1)
    .filter((run) => run !== '')
    .map(compileSearch)
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let at = first.length
    for (const search of middle) {
      at = search(text, at, end)
      if (at < 0) return false
    }
    return true
  }
}

/** Finds the run between `from` and `end` of a text: the position after it, or -1. */
function compileSearch(run: string): (text: string, from: number, end: number) => number {
  const borders = bordersOf(run)
  return (text, from, end) => {
    let matched = 0
    for (let at = from; at < end; at += 1) {
      while (matched > 0 && text[at] !== run[matched]) matched = borders[matched - 1] ?? 0
      if (text[at] === run[matched]) matched += 1
      if (matched === run.length) return at + 1
    }
    return -1
  }
}

/** For each prefix, the length of its longest proper prefix that is also its suffix. */
function bordersOf(run: string): readonly number[] {
  const borders = [0]
  let matched = 0
  for (let at = 1; at < run.length; at += 1) {
    while (matched > 0 && run[at] !== run[matched]) matched = borders[matched - 1] ?? 0
    if (run[at] === run[matched]) matched += 1
    borders.push(matched)
  }
  return borders
}
