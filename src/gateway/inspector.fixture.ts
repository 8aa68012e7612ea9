// For tests only: an inspector that is plain to see through. It finds `sk_` and eight lower-case letters, and holds back
// what could become that.
import type { Inspector, Match, Scanner } from '#access/inspector.ts'

const WHOLE = /sk_[a-z]{8}/g
const BEGUN = /(?:s|sk|sk_[a-z]{0,7})$/

export const markedSecrets: Inspector = {
  name: 'marked',
  heldBack: 10,
  open,
  isClean: (text) => !text.includes('sk_'),
}

function open(): Scanner {
  let text = ''
  let settled = 0
  const take = (end: boolean): { readonly matches: readonly Match[]; readonly settled: number } => {
    const matches: Match[] = []
    for (const { index, 0: found } of text.slice(settled).matchAll(WHOLE)) {
      const start = settled + index
      matches.push({ start, end: start + found.length, kind: 'marked-secret', continues: false })
    }
    const behind = matches.at(-1)?.end ?? settled
    const begun = end ? undefined : BEGUN.exec(text.slice(behind))
    settled = begun ? behind + begun.index : text.length
    return { matches, settled }
  }
  return {
    push(piece) {
      text += piece
      return take(false)
    },
    finish: () => take(true),
  }
}

/** Built at run time, so that no scanner of this repository takes it for a real one. */
export const SECRET = ['sk', 'abcdefgh'].join('_')
