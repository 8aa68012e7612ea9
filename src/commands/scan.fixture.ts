// An inspector for tests of the command: it finds `key_` with eight letters, and blocks from `<<<` to `>>>`, which it hands
// on in parts. What it finds is no credential, so that these files are none to any scanner.
import type { Inspector, Match, Scanned } from '#access/inspector.ts'

const HELD = 20

export const fakeInspector: Inspector = {
  name: 'fake',
  heldBack: HELD,
  isClean: () => false,
  open() {
    let text = ''
    let at = 0
    let inBlock = false
    const read = (last: boolean): Scanned => {
      const matches: Match[] = []
      const certain = (held: number): number => (last ? text.length : Math.max(at, text.length - held))
      for (;;) {
        if (inBlock) {
          const close = text.indexOf('>>>', at)
          const end = close < 0 ? certain(2) : close + 3
          if (end > at) matches.push({ start: at, end, kind: 'fake-block', continues: true })
          at = end
          if (close < 0) break
          inBlock = false
        }
        const pattern = /key_[a-z]{8}|<<</g
        pattern.lastIndex = at
        const match = pattern.exec(text)
        // Late, as a real inspector is: what follows may have brought further lines meanwhile.
        if (!match || (!last && text.length < match.index + HELD)) {
          at = match ? match.index : certain(HELD)
          break
        }
        const [start, end] = [match.index, match.index + match[0].length]
        inBlock = match[0] === '<<<'
        matches.push({ start, end, kind: inBlock ? 'fake-block' : 'fake-key', continues: false })
        at = end
      }
      return { matches, settled: at }
    }
    return {
      push(piece) {
        text += piece
        return read(false)
      },
      finish: () => read(true),
    }
  },
}
