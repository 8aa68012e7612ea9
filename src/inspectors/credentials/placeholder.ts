// What stands where a credential would stand, and is none: examples of documentation, masks, references to variables.
const WORDS =
  /example|sample|dummy|placeholder|change[-_]?(?:me|it|this)|replace|redacted|insert|x{4}|\*{3}|\.{3}|#{4}|your|fake|todo|fixme|goes[-_]?here|not[-_]a[-_]|no[-_]?such|undefined|process\.env|getenv|environ/i

/** Wrapped as a whole: `<token>`, `${TOKEN}`, `{{ token }}`, `$TOKEN`, `%TOKEN%`, `[TOKEN]`, `#{token}`, `@token@`. */
const WRAPPED =
  /^(?:<[^>]*>?|[$#]\{[^}]*\}?|\$\(.*|\{\{.*\}\}|\{[A-Za-z_]+\}|\$[A-Za-z_][A-Za-z0-9_]*|%[A-Za-z_()]+%?s?|\[[^\]]*\]|@[A-Za-z_]+@|\$\d)$/

/** A reference into a store of secrets, a link, a digest or a public key. */
const REFERENCE =
  /^(?:vault:|op:\/\/|arn:|secret:|ref:|file:|env:|env\.|keyring:|ssm:|kms:|data:|sha(?:1|224|256|384|512)[:-]|md5[:=]|ssh-(?:rsa|dss|ed25519) |ecdsa-|pk_|https?:|urn:|encrypted:|ENC\[|AQICAH|\$ANSIBLE_VAULT)/i

export const isPlaceholder = (value: string): boolean =>
  WORDS.test(value) || WRAPPED.test(value) || REFERENCE.test(value) || isMask(value)

/** In the fixed part of a token: only what no generator makes. Words happen there, and upper-case fillers are left to be safe. */
export const isMasked = (body: string): boolean =>
  /x{6}|X{6}|\*{3}|\.{3}|(?:EXAMPLE){2}/.test(body) || isMask(/[A-Za-z0-9]{8,}$/.exec(body)?.[0] ?? body)

/** One or two different characters, as in `aaaaaaaa`, or long runs of one, as in `aaaaaaaaaa1111111111bbbbbbbbbb`. */
function isMask(value: string): boolean {
  const letters = /[-_.: ]/.test(value) ? value.replace(/[-_.: ]/g, '') : value
  const different = differentUpTo(3, letters)
  if (different === 1) return !/^[A-WYZ]/.test(letters)
  if (different === 2 && letters.length > 6) return !/[A-WYZ]{6}/.test(letters)
  let longest = 0
  let length = 0
  let repeated = 0
  for (let at = 1; at < letters.length; at += 1) {
    length = letters[at] === letters[at - 1] ? length + 1 : 0
    if (length === 3) repeated += 3
    else if (length > 3) repeated += 1
    longest = Math.max(longest, length)
  }
  return repeated * 2 > letters.length && /[^A-WYZ]/.test(letters)
}

/** How many different characters there are, but no more than `most`. */
function differentUpTo(most: number, letters: string): number {
  let seen = ''
  for (let at = 0; at < letters.length && seen.length < most; at += 1)
    if (!seen.includes(letters[at] ?? '')) seen += letters[at] ?? ''
  return seen.length
}
