// How a request proves itself to its provider. Asked with the whole request as it will leave, because some kinds of
// provider want it signed, and not only a secret beside it.
import type { Provider } from '#access/provider.ts'

export interface Leaving {
  readonly method: string
  /** Of the provider by its own name, whatever address is dialled. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** The headers to add; they replace any of the same name. Without a secret, the provider asks for none. */
export function authorizationOf(
  _leaving: Leaving,
  { kind }: Pick<Provider, 'kind'>,
  secret: string | undefined,
): Readonly<Record<string, string>> {
  if (secret === undefined) return {}
  switch (kind) {
    case 'openai':
    case 'openai-compatible':
      return { authorization: `Bearer ${secret}` }
    case 'anthropic':
      return { 'x-api-key': secret }
  }
}
