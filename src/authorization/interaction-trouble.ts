// Why an authorization request cannot be answered at its client, in words for the person who was sent here. The library's own words are
// for whoever made the client, and may repeat what it sent: they go to the operator.

const WORDS: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'You, or where you log in, said no.'],
  ['expired_token', 'The code has expired.'],
  ['invalid_client', 'The program that sent you here is not known.'],
  ['invalid_client_metadata', 'The program that sent you here describes itself in a way that cannot be taken.'],
  ['invalid_redirect_uri', 'The address that the answer should go to is none of the program’s own.'],
  ['invalid_request', 'The request that you were sent here with cannot be read, or is over.'],
  ['temporarily_unavailable', 'This cannot be answered just now. Try again in a moment.'],
  ['unauthorized_client', 'The program that sent you here may not do so.'],
])

/** `code`: of RFC 6749 section 4.1.2.1, or one of the library's. */
export function troubleInWords(code: string): string {
  const known = /^[a-z_]{1,64}$/.test(code) ? ` (${code})` : ''
  return `${WORDS.get(code) ?? 'The request that you were sent here with cannot be answered.'}${known}`
}
