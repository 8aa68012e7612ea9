// What an authenticator answers to a credential that is not of its kind. Made once: nearly every request is answered so by
// someone, and who asks in turn need not wait for an answer that they know.

export const NOT_MINE: Promise<undefined> = Promise.resolve(undefined)
