// What ties the way back from an issuer to the browser that set out, and to its interaction: a sealed cookie, named by the login's
// state. Several logins may be under way in one browser. It is good once, for ten minutes.
import { CALLBACK_PATH } from '#access/authorization-path.ts'
import { Refusal } from '#access/refusal.ts'
import type { LoginBegun } from './login.ts'
import type { Seal } from './login-seal.ts'
import type { Page } from './plug.ts'

export interface WayBack {
  readonly uid: string
  readonly begun: LoginBegun
}

export interface WaysBack {
  prepare(page: Page, way: WayBack): Promise<void>
  /** Throws a Refusal `session_ended` where this browser did not set out with this state, or for another issuer's page than this. */
  take(page: Page): Promise<WayBack>
}

const SECONDS = 600
const STATE = /^[\w-]{20,100}$/

/** `origin`: the public one. */
export function waysBack(seal: Seal, origin: string): WaysBack {
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  // Lax: it must come along when the issuer sends the browser back, and with nothing else that another site begins.
  const set = (page: Page, name: string, value: string, seconds: number): void =>
    page.append(
      'set-cookie',
      `${name}=${value}; Path=${CALLBACK_PATH}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`,
    )
  return {
    async prepare(page, { uid, begun }) {
      set(page, nameOf(begun.state), await seal.close('login', { ...begun, uid }, SECONDS * 1000), SECONDS)
    },
    async take(page) {
      const [state = '', ...more] = new URLSearchParams(page.querystring).getAll('state')
      const name = nameOf(state)
      const sealed = more.length === 0 && STATE.test(state) ? cookieOf(page, name) : undefined
      const kept = sealed === undefined ? undefined : await seal.open('login', sealed)
      const { uid, issuer, nonce, verifier } = kept ?? {}
      // The name holds a part of it only.
      if (
        kept?.['state'] !== state ||
        !uid ||
        !issuer ||
        !nonce ||
        !verifier ||
        page.path !== `${CALLBACK_PATH}/${issuer}`
      ) {
        throw new Refusal('session_ended', { message: 'This login was not begun in this browser, or is over.' })
      }
      set(page, name, '', 0)
      return { uid, begun: { issuer, state, nonce, verifier } }
    },
  }
}

const nameOf = (state: string): string => `sallyport_way_back_${state.slice(0, 8)}`

/** Read here: the library keeps a pattern of each name that it was ever asked for, and anybody can make names up. */
function cookieOf({ headers }: Page, name: string): string | undefined {
  const own = (headers.cookie ?? '').split(';').find((pair) => pair.trimStart().startsWith(`${name}=`))
  return own?.slice(own.indexOf('=') + 1)
}
