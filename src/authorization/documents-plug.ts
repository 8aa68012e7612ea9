// Clients that are described by a document at their id: whether any are taken, and how often a place may have one fetched.
import { makeGuesses } from '#identity/guesses.ts'
import { Refusal } from '#access/refusal.ts'
import { arrivalOf } from './arrival.ts'
import { documentFetch, isDocumentAddress, isDocumentRedirect } from './documents.ts'
import { canLogIn } from './login.ts'
import type { MakePlug } from './plug.ts'

/** Seconds. What the document's answer says about keeping it counts between these. */
const KEPT = { min: 60, max: 3600 }

export const documentsPlug: MakePlug = (parts, { config }) => {
  if (!config.sessions.clients.documents || !canLogIn(config)) return {}
  // Each fetch is work that a stranger has the gate do, for an address that they chose: 30 at once, and one every 2 s.
  const fetches = makeGuesses(parts)
  const mayFetch = (source: string): boolean => {
    try {
      fetches.admit(source, '')
      fetches.wrong(source, '')
      return true
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
  }
  return {
    configuration: {
      fetch: documentFetch(parts.fetch),
      features: {
        clientIdMetadataDocument: {
          enabled: true,
          ack: 'draft-02',
          cacheDuration: KEPT,
          allowFetch: ({ headers }, id) => isDocumentAddress(id) && mayFetch(arrivalOf(headers).source),
          allowClient: (_ctx, { redirectUris = [] }) => redirectUris.every(isDocumentRedirect),
        },
      },
    },
  }
}
