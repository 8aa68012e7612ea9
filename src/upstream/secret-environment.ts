// A secret in the environment. It is asked each time; only another value is another reading.
import { isUsable, type SecretPlace } from './secret-place.ts'

export function secretEnvironment(value: () => string | undefined): SecretPlace {
  return {
    times: { fresh: 0, behind: 0, away: 0, pause: 0, again: 0 },
    async look(held) {
      const secret = value()
      if (secret === undefined || secret === '') return { kind: 'lost', why: 'not set' }
      if (!isUsable(secret)) return { kind: 'lost', why: 'holds no text that a header can carry' }
      return held?.secret === secret ? { kind: 'same' } : { kind: 'found', secret, stamp: '' }
    },
  }
}
