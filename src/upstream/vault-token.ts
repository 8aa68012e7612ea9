// How the gate proves itself to a vault: by a token in a file, or by one that it logs in for with a workload's JWT. Tokens end:
// at two thirds of its life one is renewed, or logged in for anew.
import type { VaultSettings } from '#access/provider.ts'
import { isUsable, type Look, type SecretPlace } from './secret-place.ts'
import type { SecretKeeper } from './secret-keeper.ts'
import { type AskVault, isTrueAt, secondsAt, textAt } from './vault-call.ts'

export interface VaultToken {
  /** Rejects with a Refusal. */
  read(): Promise<string>
  /** It was refused: another, if there is one. */
  refresh(): Promise<string>
  tend(): Promise<void>
}

export interface VaultTokenOptions {
  readonly auth: VaultSettings['auth']
  readonly ask: AskVault
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The secret in a file. */
  readonly file: (path: string) => Promise<string>
  readonly keep: (reference: string, place: SecretPlace) => SecretKeeper
  readonly report: (line: string) => void
}

export const vaultToken = (options: VaultTokenOptions): VaultToken =>
  options.auth.by === 'jwt' ? loggedIn(options, options.auth) : fromFile(options, options.auth.path)

export const RENEWED_AT = 2 / 3

type ByJwt = VaultSettings['auth'] & { readonly by: 'jwt' }

/** Whoever asks for what its role may not read gets a 403 like one whose token is void: no more logins than this for that. */
const LOGIN_AGAIN_MS = 10_000

function loggedIn({ ask, file, keep }: VaultTokenOptions, auth: ByJwt): VaultToken {
  let usual = 0
  return keep(`vault:auth/${auth.mount}/login`, {
    times: { fresh: 60_000, behind: 60_000, away: 600_000, pause: 1_000, again: LOGIN_AGAIN_MS },
    async look(held, anew): Promise<Look> {
      const renewed = held && !anew ? await renewSelf(ask, held.secret) : 0
      // It gives less as the token nears the end of its whole life: then another is logged in for, while this one holds.
      if (renewed > usual * (1 - RENEWED_AT)) return { kind: 'same', ...termOf(renewed) }
      const jwt = await file(auth.path)
      const answer = await ask({ method: 'POST', path: `auth/${auth.mount}/login`, body: { role: auth.role, jwt } })
      if (answer.kind === 'away') return answer
      if (answer.kind === 'no') return { kind: 'lost', why: `the vault refused the login (${answer.status})` }
      const secret = textAt(answer.body, 'auth', 'client_token')
      if (secret === undefined || !isUsable(secret)) return { kind: 'away', why: 'its login answers no token' }
      usual = secondsAt(answer.body, 'auth', 'lease_duration') ?? 0
      return { kind: 'found', secret, stamp: '', ...termOf(usual) }
    },
  })
}

/** Milliseconds that the token lives from now on; 0 where it cannot be renewed. */
async function renewSelf(ask: AskVault, token: string): Promise<number> {
  const answer = await ask({ method: 'POST', path: 'auth/token/renew-self', token, body: {} })
  return answer.kind === 'answer' ? (secondsAt(answer.body, 'auth', 'lease_duration') ?? 0) : 0
}

/** A life of 0 seconds is one without end. */
export function termOf(ttl = 0): { readonly fresh?: number; readonly ends?: number } {
  return ttl === 0 ? {} : { fresh: ttl * RENEWED_AT, ends: ttl }
}

/** Between two renewals of one token, and after one that failed, in milliseconds. */
const SOONEST_MS = 1_000
const LATER_MS = 60_000

interface Life {
  readonly token: string
  /** When to renew it; never, where it has no end, or will have one whatever is done. */
  readonly renewAt: number
}

function fromFile({ ask, file, now, report }: VaultTokenOptions, path: string): VaultToken {
  let life: Life | undefined
  let working: Promise<void> | undefined
  let complained = false

  const learn = async (token: string): Promise<void> => {
    const answer = await ask({ method: 'GET', path: 'auth/token/lookup-self', token })
    // One that may not look itself up is used all the same, until it is refused.
    if (answer.kind === 'away') return
    const body = answer.kind === 'answer' ? answer.body : undefined
    const ttl = secondsAt(body, 'data', 'ttl') ?? 0
    const renewable = isTrueAt(body, 'data', 'renewable')
    if (ttl > 0 && !renewable) report(`vault: the token ends in ${Math.ceil(ttl / 60_000)} min and cannot be renewed`)
    life = { token, renewAt: ttl > 0 && renewable ? now() + ttl * RENEWED_AT : Number.POSITIVE_INFINITY }
  }
  const renew = async (token: string): Promise<void> => {
    const ttl = await renewSelf(ask, token)
    if (ttl > 0) life = { token, renewAt: now() + Math.max(ttl * RENEWED_AT, SOONEST_MS) }
    else if (!complained) report('vault: the token cannot be renewed; unless another is written into its file, it ends')
    complained = ttl === 0
    if (ttl === 0) life = { token, renewAt: now() + LATER_MS }
  }
  const attend = async (token: string): Promise<void> => {
    if (life?.token === token && now() < life.renewAt) return
    working ??= (life?.token === token ? renew(token) : learn(token)).finally(() => {
      working = undefined
    })
    await working
  }
  return {
    async read() {
      const token = await file(path)
      await attend(token)
      return token
    },
    refresh: () => file(path),
    async tend() {
      if (life) await attend(await file(path))
    },
  }
}
