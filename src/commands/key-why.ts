// The reason for a change, as the trail keeps it.
import { UsageError } from './io.ts'
import { UNSEEN } from './key-fault.ts'

const LONGEST = 400

export function readWhy(why: string): string {
  if (why.trim() !== '' && why.length <= LONGEST && !UNSEEN.test(why)) return why.trim()
  throw new UsageError(`--why takes one line of plain text, at most ${LONGEST} characters`)
}
