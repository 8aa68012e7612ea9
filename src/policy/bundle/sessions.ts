// `sessions:`: how long sessions last, and what ends them. What the bundle does not say is said here.
import type { SessionsConfig } from './config.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export const DEFAULT_SESSIONS: SessionsConfig = {
  tiers: {
    1: {
      duration: 8 * HOUR,
      idle: HOUR,
      token: 15 * MINUTE,
      tokens: 10_000_000,
      calls: 10_000,
      clean: 0,
      outOfScope: 20,
      misuse: 0,
    },
    2: {
      duration: 4 * HOUR,
      idle: 30 * MINUTE,
      token: 15 * MINUTE,
      tokens: 2_000_000,
      calls: 2_000,
      clean: 0,
      outOfScope: 10,
      misuse: 5,
    },
    3: {
      duration: 30 * MINUTE,
      idle: 10 * MINUTE,
      token: 5 * MINUTE,
      tokens: 500_000,
      calls: 500,
      clean: 5,
      outOfScope: 3,
      misuse: 1,
    },
  },
  implicit: { duration: 8 * HOUR, idle: 30 * MINUTE },
  conversation: ['conversation_id', 'session_id'],
  clients: { documents: true, registration: [] },
}
