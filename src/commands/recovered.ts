// What the last writer of a log left behind when it ended without closing it, in one line.
import type { AuditLog } from '#audit/audit-log.ts'
import type { Io } from './io.ts'

export function reportRecovered(log: string, { recovered }: Pick<AuditLog, 'recovered'>, io: Pick<Io, 'err'>): void {
  const { entries, open, torn } = recovered
  if (entries === 0 && open === 0 && torn === 0) return
  const found = [
    `${entries} ${entries === 1 ? 'entry' : 'entries'} integrated`,
    `${open} open ${open === 1 ? 'exchange' : 'exchanges'} closed as unknown`,
    `${torn} torn ${torn === 1 ? 'byte' : 'bytes'} left out`,
  ]
  io.err(`sallyport: the log ${log} was not closed the last time: ${found.join(', ')}`)
}
