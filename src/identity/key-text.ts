// How a virtual key is written: `sp_<id>_<secret>`, letters and digits only.
// Whatever begins so is a key, however badly it goes on: it is judged here and nowhere else.

export interface KeyText {
  readonly id: string
  readonly secret: string
}

const KEY = /^sp_([A-Za-z0-9]{1,64})_([A-Za-z0-9]{32,128})$/

export const isShapedLikeKey = (credential: string): boolean => credential.startsWith('sp_')

/** Undefined where it is none. */
export function readKey(credential: string): KeyText | undefined {
  const [, id, secret] = KEY.exec(credential) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}
