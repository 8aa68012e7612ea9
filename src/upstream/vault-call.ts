// One question to a vault: bounded in time and size, read strictly, and answered in kinds. Nothing of an answer but what was
// asked for is kept, and of a failure only words of our own: a vault's errors may quote what they are about.
import { collect } from '#lib/collect.ts'
import type { JsonNode } from '#lib/json-node.ts'
import { member, numberOf, textOf } from '#lib/json-node.ts'
import { readJson } from '#lib/json.ts'

/** As `fetch`, to one vault: checks the address that it dials, and the certificate against the vault's own authorities. */
export type Dial = (url: string, init: RequestInit) => Promise<Response>

export interface VaultQuestion {
  readonly method: 'GET' | 'POST'
  /** Behind `/v1/`. */
  readonly path: string
  readonly token?: string
  readonly body?: object
}

export type VaultAnswer =
  | { readonly kind: 'answer'; readonly body: JsonNode }
  /** It says no. `body` where there is one: what was deleted says so there. */
  | { readonly kind: 'no'; readonly status: number; readonly body: JsonNode | undefined }
  | { readonly kind: 'away'; readonly why: string }

export type AskVault = (question: VaultQuestion) => Promise<VaultAnswer>

export interface VaultCallOptions {
  readonly url: string
  readonly namespace?: string
  readonly dial: Dial
}

const MOST_BYTES = 64 * 1024
const MOST_MS = 5_000

export function vaultCall({ url, namespace, dial }: VaultCallOptions): AskVault {
  return async ({ method, path, token, body }) => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), MOST_MS)
    try {
      const response = await dial(`${url}/v1/${path}`, {
        method,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          'user-agent': 'sallyport',
          // Asked for by agents that stand before a vault, against requests that a browser was brought to send.
          'x-vault-request': 'true',
          ...(token !== undefined && { 'x-vault-token': token }),
          ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: late.signal,
        // A token sent on to wherever an answer points would be given away.
        redirect: 'manual',
      })
      return await readAnswer(response)
    } catch (error) {
      return { kind: 'away', why: late.signal.aborted ? `no answer within ${MOST_MS / 1_000} s` : whyOf(error) }
    } finally {
      clearTimeout(timer)
    }
  }
}

async function readAnswer(response: Response): Promise<VaultAnswer> {
  const { status, body } = response
  if (status >= 300 && status < 400) {
    void body?.cancel().catch(() => undefined)
    return { kind: 'away', why: 'it redirects, which is not followed: name the address of the active node' }
  }
  const bytes = body ? await collect(body, { bytes: MOST_BYTES, idle: MOST_MS, total: MOST_MS }) : new Uint8Array()
  if (status === 200) return { kind: 'answer', body: readJson(bytes) }
  if (status === 204) return { kind: 'answer', body: readJson(Buffer.from('{}')) }
  if (status === 503) return { kind: 'away', why: 'it is sealed, or not ready (503)' }
  if (status >= 500 || RETRIED.has(status) || status < 400) return { kind: 'away', why: `it answered ${status}` }
  return { kind: 'no', status, body: readable(bytes) }
}

/** Too slow, behind its leader, asked too often. */
const RETRIED = new Set([408, 412, 425, 429])

function readable(bytes: Uint8Array): JsonNode | undefined {
  try {
    return readJson(bytes)
  } catch {
    return undefined
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached'
  if ('reason' in error && error.reason === 'provider_address_refused') return 'its address may not be dialled'
  if (error.name === 'CollectError') return 'its answer is too large, too slow or cut off'
  if (error.name === 'JsonError') return 'its answer is not JSON'
  // Codes of the runtime alone: a message may quote the address, and what stands in it.
  const code = 'code' in error ? String(error.code) : ''
  return /^[A-Za-z_]{1,64}$/.test(code) ? `it cannot be reached (${code})` : 'it cannot be reached'
}

/** The value at these keys, one in the other. */
export const at = (node: JsonNode | undefined, ...keys: readonly string[]): JsonNode | undefined =>
  keys.reduce((inside, key) => member(inside, key), node)

export function textAt(node: JsonNode | undefined, ...keys: readonly string[]): string | undefined {
  const found = at(node, ...keys)
  return found?.kind === 'string' ? textOf(found) : undefined
}

/** Milliseconds of a number of seconds. */
export function secondsAt(node: JsonNode | undefined, ...keys: readonly string[]): number | undefined {
  const found = at(node, ...keys)
  const seconds = found?.kind === 'number' ? numberOf(found) : undefined
  return seconds !== undefined && seconds >= 0 ? seconds * 1_000 : undefined
}

export function isTrueAt(node: JsonNode | undefined, ...keys: readonly string[]): boolean {
  const found = at(node, ...keys)
  return found?.kind === 'boolean' && found.value
}
