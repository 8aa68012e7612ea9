// The way to one vault: like a provider it is dialled by an address that was checked, under its own name.
import type { VaultSettings } from '#access/provider.ts'
import type { Dialer } from './dial.ts'
import type { Whereto } from './dial-way.ts'
import type { Dial } from './vault-call.ts'

const CONNECT_MS = 5_000

export function vaultDial({ url, private: isPrivate, ca }: VaultSettings, dialer: Dialer): Dial {
  const to: Whereto = {
    name: 'vault',
    url,
    private: isPrivate,
    ...(ca !== undefined && { ca }),
    timeouts: { connect: CONNECT_MS },
  }
  return async (asked, { method = 'GET', headers, body, signal }) => {
    const until = signal ?? AbortSignal.timeout(CONNECT_MS)
    const route = await dialer.route(to, until)
    return dialer.send(route, {
      method,
      path: asked.slice(url.length),
      headers: Object.fromEntries(new Headers(headers)),
      ...(typeof body === 'string' ? { body: new TextEncoder().encode(body) } : {}),
      signal: until,
    })
  }
}
