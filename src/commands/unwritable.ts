// A process that ends because nothing can be recorded. That is no fault of its own and may pass, so whoever supervises it goes on
// trying for as long as it lasts.
import { Refusal } from '#access/refusal.ts'

/** EX_TEMPFAIL of sysexits. For a supervisor: at a command line it is 1, like any no. */
export const UNWRITABLE = 75

/** What a disk says, or SQLite of it, and that there are no descriptors left. */
const DISK = /^(?:ENOSPC|EDQUOT|EROFS|EIO|EMFILE|ENFILE|SQLITE_(?:FULL|READONLY|IOERR|CANTOPEN)\w*)$/

export function isUnwritable(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof Refusal && each.reason === 'audit_unavailable') return true
    if ('code' in each && DISK.test(String(each.code))) return true
  }
  return false
}
