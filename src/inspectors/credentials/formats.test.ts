import { describe, expect, test } from 'bun:test'
import { scanText } from './credentials.ts'
import { ISSUERS } from './issuers.fixture.ts'
import { SAMPLES } from './samples.fixture.ts'

describe.each([...SAMPLES, ...ISSUERS].map((sample) => [sample.kind, sample.text.slice(0, 28), sample] as const))(
  '%s in %p',
  (kind, _, { text, secret, nearMiss }) => {
    test('is found, and nothing beside it', () => {
      expect(scanText(text).map((match) => [match.kind, text.slice(match.start, match.end)])).toEqual([[kind, secret]])
    })
    test('its near miss is left alone', () => {
      expect(scanText(nearMiss)).toEqual([])
    })
  },
)
