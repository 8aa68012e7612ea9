// Clients that are described by a document at their id: whether any are taken, and how often a place may have one fetched.
import { Provider } from 'oidc-provider'
import { makeGuesses } from '#identity/guesses.ts'
import { arrivalOf } from './arrival.ts'
import { documentFetch, isDocumentAddress, isDocumentRedirect } from './documents.ts'
import { canLogIn } from './login.ts'
import type { MakePlug } from './plug.ts'

/** Seconds. What the document's answer says about keeping it counts between these. */
const KEPT = { min: 60, max: 3600 }

export const documentsPlug: MakePlug = (parts, { config }) => {
  if (!config.sessions.clients.documents || !canLogIn(config)) return {}
  // Each fetch is work that a stranger has the gate do, for an address that they chose: 30 at once, and one every 2 s. Counted where
  // it is done: documents, and the keys that they name.
  const fetches = makeGuesses(parts)
  const counted: typeof parts.fetch = async (url, init) => {
    const page = Provider.ctx
    if (!page) throw new Error('nobody asks for this')
    const { source } = arrivalOf(page.headers)
    fetches.admit(source, '')
    fetches.wrong(source, '')
    return parts.fetch(url, init)
  }
  return {
    configuration: {
      fetch: documentFetch(counted),
      features: {
        clientIdMetadataDocument: {
          enabled: true,
          ack: 'draft-02',
          cacheDuration: KEPT,
          allowFetch: (_ctx, id) => isDocumentAddress(id),
          allowClient: (_ctx, { redirectUris = [] }) => redirectUris.every(isDocumentRedirect),
        },
      },
    },
  }
}
