// The official clients, as applications of the bundle.
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import type { Application } from './bundle.ts'
import { keyOf, type World } from './world.ts'

/** The run is on loopback, without TLS. */
export const insecure = { [oauth.allowInsecureRequests]: true }

export async function serverOf({ origin }: World): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(origin)
  return oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
  )
}

/** `openid-client` as this application. */
export async function openidOf(world: World, application: Application): Promise<openid.Configuration> {
  return openid.discovery(
    new URL(world.origin),
    application,
    undefined,
    openid.PrivateKeyJwt(keyOf(world, application)),
    {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    },
  )
}

/** As a client without a secret. */
export async function openidPublic({ origin }: World, id: string): Promise<openid.Configuration> {
  return openid.discovery(new URL(origin), id, undefined, openid.None(), {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
  })
}

export async function dpopOf(config: openid.Configuration): Promise<openid.DPoPHandle> {
  return openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
}

/** The code with which the server refused. Rejects where it did not refuse. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof openid.ResponseBodyError || error instanceof openid.AuthorizationResponseError)
      return error.error
    throw error
  }
  throw new Error('it was not refused')
}
