import { expect, test } from 'bun:test'
import { FAMILIES, filled } from './adversarial.fixture.ts'
import { credentialsInspector } from './credentials.ts'

const held = [{ kind: 'gate-secret', value: 'Zk7-secret/of the+gate' }]
const inspector = credentialsInspector({ secrets: () => held })

function milliseconds(text: string, piece: number): number {
  const from = performance.now()
  const lane = inspector.open()
  for (let at = 0; at < text.length; at += piece) lane.push(text.slice(at, at + piece))
  lane.finish()
  return performance.now() - from
}

/** The least of some is what noise disturbs least. */
const least = (text: string, piece: number): number => Math.min(...[1, 2, 3].map(() => milliseconds(text, piece)))

test.each(Object.keys(FAMILIES))('ten times as much of what is hard for %s costs about ten times as much', (family) => {
  for (const unit of FAMILIES[family] ?? []) {
    const small = least(filled(unit, 20_000), 4096)
    const large = milliseconds(filled(unit, 200_000), 4096)
    // What grows with the square would cost a hundred times.
    expect({ unit, linear: large < 12 * small + 150 }).toEqual({ unit, linear: true })
  }
})

test('a megabyte of the worst text takes no minute, in one piece', () => {
  for (const unit of ['token=', 'eyJ.', '-----BEGIN PRIVATE KEY-----\n', 'xoxb-1-'])
    expect(milliseconds(filled(unit, 1_000_000), 1_000_000)).toBeLessThan(10_000)
})
