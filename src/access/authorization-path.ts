// The paths at which the authorization server answers, with the methods of each, for both sides of its socket. The library behind it
// takes other spellings for these (another case, a slash at the end), and has routes that nothing asks for: what is not on this list,
// letter by letter, reaches neither. Otherwise whatever stands before a path (counting, recording) would be stepped round by spelling it.

export const ROUTES = {
  authorization: '/oauth/authorize',
  code_verification: '/oauth/device',
  device_authorization: '/oauth/device_authorization',
  introspection: '/oauth/introspect',
  jwks: '/oauth/jwks',
  registration: '/oauth/register',
  revocation: '/oauth/revoke',
  token: '/oauth/token',
} as const

export const METADATA_PATHS = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const

/** Pages of a login: this, then the login, and which issuer was chosen for it. */
export const LOGIN_PATH = '/oauth/login'

/**
 * Ends a login: this, then the name of its issuer. Each has a path of its own: with one for all, an issuer that sends the browser on to
 * another could have that one's code brought back as its own (RFC 9700 section 4.4.2).
 */
export const CALLBACK_PATH = '/oauth/login/callback'

type Method = 'GET' | 'POST'

const EXACT: ReadonlyMap<string, readonly Method[]> = new Map<string, readonly Method[]>([
  ...METADATA_PATHS.map((path) => [path, ['GET']] as const),
  [ROUTES.jwks, ['GET']],
  [ROUTES.authorization, ['GET']],
  [ROUTES.code_verification, ['GET', 'POST']],
  [ROUTES.device_authorization, ['POST']],
  [ROUTES.introspection, ['POST']],
  [ROUTES.registration, ['POST']],
  [ROUTES.revocation, ['POST']],
  [ROUTES.token, ['POST']],
])

const ONE = '[A-Za-z0-9_-]{10,64}'
/** As the bundle's reader takes names. */
const ISSUER = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}'

/** The first two: where the library goes on after a page of ours. */
const SHAPED: readonly (readonly [RegExp, readonly Method[]])[] = [
  [new RegExp(`^${ROUTES.authorization}/${ONE}$`), ['GET']],
  [new RegExp(`^${ROUTES.code_verification}/${ONE}$`), ['GET']],
  [new RegExp(`^${LOGIN_PATH}/${ONE}$`), ['GET', 'POST']],
  [new RegExp(`^${LOGIN_PATH}/${ONE}/at/${ISSUER}$`), ['GET']],
  [new RegExp(`^${CALLBACK_PATH}/${ISSUER}$`), ['GET']],
]

/** `path`: as it was sent, without its query. Undefined where nothing is served; whoever takes GET takes HEAD. */
export const methodsAt = (path: string): readonly string[] | undefined =>
  EXACT.get(path) ?? SHAPED.find(([shape]) => shape.test(path))?.[1]
