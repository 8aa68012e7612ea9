// Paths as somebody would write them who stands here: from the working directory, or from home, where that is shorter.
// A shell reads them in a fix as they are.
import { relative } from 'node:path'

export interface Standpoint {
  readonly cwd: string
  readonly home: string | undefined
}

/** Not what stands behind a letter, a colon or a slash: those are parts of addresses and of references. */
const ABSOLUTE = /(?<![\w:/.~-])\/[^\s:;,'"()`]+/g

export function nearPaths(text: string, { cwd, home }: Standpoint): string {
  return text.replaceAll(ABSOLUTE, (path) => {
    const ways = [path]
    // At the root every path would lose its slash, and with it what tells it from a word.
    if (cwd !== '/') ways.push(relative(cwd, path) || '.')
    if (home !== undefined && home !== '/' && path.startsWith(`${home}/`)) ways.push(`~${path.slice(home.length)}`)
    return ways.reduce((best, way) => (way.length < best.length ? way : best))
  })
}
