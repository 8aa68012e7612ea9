// How the audit log of this process stands: without it nothing is served, so most alarms are about these.
import { type Family, gauge, type Labels } from './family.ts'

export interface LogStanding {
  readonly size: number
  readonly waiting: number
  readonly waitingBytes: number
  readonly open: number
  readonly writable: boolean
  readonly failures: Readonly<Record<'refused' | 'write' | 'sync' | 'integrate', number>>
}

export function logFigures(standing: LogStanding, own: Labels): readonly Family[] {
  const { size, waiting, waitingBytes, open, writable, failures } = standing
  const failed = (['refused', 'write', 'sync', 'integrate'] as const).map((step): readonly [Labels, number] => [
    { step },
    failures[step],
  ])
  return [
    gauge(
      {
        name: 'sallyport_audit_writable',
        help: '1 where the audit log can be written; 0 means that nothing is served.',
      },
      own,
      [[{}, writable ? 1 : 0]],
    ),
    gauge(
      {
        name: 'sallyport_audit_failures_total',
        help: 'Entries refused unseen, and writes, syncs and integrations that failed.',
        type: 'counter',
      },
      own,
      failed,
    ),
    gauge({ name: 'sallyport_audit_log_entries', help: 'Entries of the log since its birth.' }, own, [[{}, size]]),
    gauge({ name: 'sallyport_audit_waiting_entries', help: 'Entries that no checkpoint covers yet.' }, own, [
      [{}, waiting],
    ]),
    gauge({ name: 'sallyport_audit_waiting_bytes', help: 'Their bytes.' }, own, [[{}, waitingBytes]]),
    gauge({ name: 'sallyport_open_exchanges', help: 'Decisions whose outcome does not stand yet.' }, own, [[{}, open]]),
  ]
}
