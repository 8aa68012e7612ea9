// Random bytes for ids: drawn from the system some hundreds of ids at a time, for each call costs as much as all that is done with it.

const POOL = 4096
/** Longer ones are keys, and are asked for themselves: nothing of them lies about in a pool. */
const LONGEST = 16

/** `random` returns that many bytes that nobody can guess; so does what is returned. No byte is given out twice. */
export function randomPool(random: (length: number) => Uint8Array): (length: number) => Uint8Array {
  let pool: Uint8Array = new Uint8Array(0)
  let at = 0
  return (length) => {
    if (length > LONGEST) return random(length)
    if (at + length > pool.length) {
      pool = random(POOL)
      at = 0
    }
    at += length
    return pool.subarray(at - length, at)
  }
}
