// `if ("…" == password)`: here the value stands first, so it is held until the name behind it is read.
import type { ClassifyName } from './name.ts'
import type { Format } from './reading.ts'
import { judge } from './value.ts'

const LONGEST = 200

export function comparisons(classify: ClassifyName): readonly Format[] {
  return ['if ("', "if ('"].map((anchor): Format => ({
    anchor,
    lead: anchor.length,
    rank: 6,
    verify(reading, at) {
      const { text, final } = reading
      const from = at + anchor.length
      const stop = Math.min(reading.end, from + LONGEST)
      const close = text.slice(from, stop).search(/["'\n]/)
      if (close < 0) return stop < reading.end || final || stop === from + LONGEST ? 'no' : 'more'
      const end = from + close
      const rest = text.slice(end, Math.min(reading.end, end + 64))
      const sign = /^["'] {0,2}[=!]==? {0,2}([A-Za-z0-9_.$-]{2,40})(?![A-Za-z0-9_.$-])/.exec(rest)
      const whole = final || rest.length === 64
      if (
        !whole &&
        (!sign || sign[0].length === rest.length) &&
        /^["'] {0,2}(?:[=!](?:={0,2} {0,2}[A-Za-z0-9_.$-]{0,40})?)?$/.test(rest)
      )
        return 'more'
      if (!sign) return 'no'
      const name = classify(sign[1] ?? '')
      const score = judge(name, { text: text.slice(from, end), quoted: true })
      reading.weigh(score)
      if (score >= 0.5) return { start: from, end, kind: name.strength === 'password' ? 'password' : 'generic-secret' }
      return 'no'
    },
  }))
}
