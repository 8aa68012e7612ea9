// Whoever sends a text chooses it, so none may cost out of proportion: a megabyte against each format, compared with ordinary
// text read in the same run, and ten times as much of the worst ones. The bounds are wide, for machines are noisy.
import { describe, expect, test } from 'bun:test'
import { against, FAMILIES, filled } from './adversarial.fixture.ts'
import { credentialsInspector, FORMATS } from './credentials.ts'

const inspector = credentialsInspector({ secrets: () => HELD })
const HELD = [{ kind: 'gate-secret', value: 'Zk7-secret/of the+gate' }]
const MEGABYTE = 1_000_000
const PIECE = 16_384

/** Of the processor: what others do on this machine meanwhile is not counted. */
function milliseconds(text: string, piece: number = PIECE): number {
  const from = process.cpuUsage()
  const lane = inspector.open()
  for (let at = 0; at < text.length; at += piece) lane.push(text.slice(at, at + piece))
  lane.finish()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1_000
}

const median = (text: string): number =>
  [1, 2, 3].map(() => milliseconds(text)).sort((a, b) => a - b)[1] ?? Number.POSITIVE_INFINITY

const ORDINARY = filled(
  'The quick brown fox jumps over the lazy dog, said the author; nobody was surprised. {"id": 17, "name": "a fox", "tags": ["x"]}\n' +
    'const total = rows.map((row) => row.price * row.count).reduce((sum, each) => sum + each, 0)\n',
  MEGABYTE,
)
/** Never so little that a hiccup counts. */
const ordinary = (): number => Math.max(median(ORDINARY), 3)

const growthOf = (anchor: string): number =>
  median(against(anchor, MEGABYTE)) / Math.max(median(against(anchor, MEGABYTE / 10)), 1)

describe('a megabyte against each format', () => {
  const anchors = [...new Set(FORMATS.map(({ anchor }) => anchor))]
  const costs = new Map<string, number>()
  test('costs no more than forty times as much as ordinary text', () => {
    expect(anchors.length).toBeGreaterThan(200)
    const allowed = 40 * ordinary()
    for (const anchor of anchors) costs.set(anchor, milliseconds(against(anchor, MEGABYTE)))
    // What was disturbed is read again.
    const slow = anchors.filter((anchor) => (costs.get(anchor) ?? 0) > allowed)
    expect(slow.filter((anchor) => median(against(anchor, MEGABYTE)) > allowed)).toEqual([])
  }, 60_000)
  test('costs about ten times as much as a tenth of it, where it costs most', () => {
    const worst = [...anchors].sort((a, b) => (costs.get(b) ?? 0) - (costs.get(a) ?? 0)).slice(0, 10)
    for (const anchor of worst) {
      let growth = growthOf(anchor)
      // What was disturbed is read again: what is not linear is so each time.
      for (let again = 0; again < 3 && growth >= 20; again += 1) growth = Math.min(growth, growthOf(anchor))
      // What grows with the square would cost a hundred times.
      expect({ anchor, growth: growth < 20 ? 'linear' : growth }).toEqual({ anchor, growth: 'linear' })
    }
  }, 60_000)
})

test.each(Object.keys(FAMILIES))(
  'what is hard for %s costs no more than forty times as much as ordinary text',
  (family) => {
    const length = MEGABYTE / 5
    const allowed = Math.max(8 * ordinary(), 80)
    for (const unit of FAMILIES[family] ?? [])
      if (milliseconds(filled(unit, length)) > allowed)
        expect({ unit, within: median(filled(unit, length)) <= allowed }).toEqual({ unit, within: true })
  },
)

test('a megabyte in one piece is read within seconds', () => {
  for (const unit of ['token=', 'eyJ.', '-----BEGIN PRIVATE KEY-----\n', 'xoxb-1-', 'g\u200bh\u200bp\u200b_'])
    expect(milliseconds(filled(unit, MEGABYTE), MEGABYTE)).toBeLessThan(4000)
})
