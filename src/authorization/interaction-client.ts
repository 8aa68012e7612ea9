// Which client asks, as people are told of it. An application of the bundle was admitted by those who operate the gate; any other
// one says itself what it is called, so what is shown first is what it cannot choose: the host of its document, or that it runs here.
import type { ApplicationConfig } from '#policy/bundle/config.ts'

export type AskingClient =
  | { readonly kind: 'application'; readonly name: string; readonly users: readonly string[] }
  /** By a client-id metadata document, on this host. */
  | { readonly kind: 'document'; readonly name: string | undefined; readonly host: string }
  /** Registered by itself, with loopback redirects only. */
  | { readonly kind: 'program'; readonly name: string | undefined }

export function askingClient(
  applications: ReadonlyMap<string, ApplicationConfig>,
  client: { readonly clientId: string; readonly clientName?: string | undefined },
): AskingClient {
  const { clientId, clientName } = client
  const application = applications.get(clientId)
  if (application) return { kind: 'application', name: application.name, users: application.users }
  const name = clientName === undefined ? undefined : printable(clientName)
  const url = URL.canParse(clientId) ? new URL(clientId) : undefined
  return url?.protocol === 'https:' ? { kind: 'document', name, host: url.host } : { kind: 'program', name }
}

/** One line, without what is not seen but changes what is: a name must not look like a part of the page around it. */
function printable(name: string): string {
  return name
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .slice(0, 80)
    .trim()
}

const LOOPBACK = /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/

/** Where the browser goes with the answer, in words. */
export function redirectInWords(address: string): string {
  if (!URL.canParse(address)) return 'an address that cannot be read'
  const { protocol, host, hostname } = new URL(address)
  if (LOOPBACK.test(hostname)) return 'a program on this computer'
  return protocol === 'https:' || protocol === 'http:'
    ? host
    : `the program on this computer that opens ${protocol} links`
}
