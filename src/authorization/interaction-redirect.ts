// Redirect addresses of programs on a person's own machine (RFC 8252 sections 7.1 and 7.3).

// As it is written: what a browser mends (`127.1`, a backslash), a comparison of strings does not.
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?:\/[\w./~-]*)?$/

/** `http` on loopback, any port; without query, since nothing in it may lead elsewhere. */
export const isLoopbackRedirect = (address: string): boolean =>
  address.length <= 256 && LOOPBACK.test(address) && URL.canParse(address)

/** A scheme that is a domain name backwards, as section 7.1 demands: `com.example.app:/callback`. */
export const isPrivateScheme = (address: string): boolean =>
  /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:\/(?!\/)/.test(address) && URL.canParse(address) && !address.includes('#')
