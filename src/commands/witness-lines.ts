// What a witness saw, in lines: of each log one, with its fault named, and what to do beneath.
import type { Sighting } from '#audit/witness/look.ts'
import type { Paint } from './paint.ts'
import { plain } from './print-problems.ts'

/** Whether the log, or somebody, did what must not be. A log that nobody recorded yet is no fault. */
const WELL: ReadonlySet<Sighting['kind']> = new Set(['cosigned', 'stranger', 'removed'])
export const isFault = ({ kind }: Sighting): boolean => !WELL.has(kind)

export function sightingLine(sighting: Sighting, width: number, paint: Paint): string {
  const mark = isFault(sighting) ? `${paint.bad('✗')} ` : ''
  return `${sighting.log.padEnd(width)}  ${mark}${plain(said(sighting))}`
}

function said(sighting: Sighting): string {
  switch (sighting.kind) {
    case 'cosigned':
      return `${entries(sighting.size)} cosigned, as of ${moment(sighting.time)}`
    case 'stranger':
      return 'not cosigned: no control log that is watched records its birth, and its key was not given'
    case 'removed':
      return "removed when its time was over, as the owner's log and the control log say"
    case 'missing':
      return sighting.seen === 0
        ? 'missing log: it was born, and is not there'
        : `missing log: it is not there, and had ${entries(sighting.seen)} at ${moment(sighting.time)}`
    case 'rolled-back':
      return `cut off or rolled back: it signs ${entries(sighting.size)}, and had ${entries(sighting.seen)} at ${moment(sighting.time)}`
    case 'truncated':
      return `truncated tail: it signs ${entries(sighting.size)}, and the last of them are not there`
    case 'forked':
      return `another history: its ${entries(sighting.size)} do not begin with the ${sighting.seen} of ${moment(sighting.time)}; both checkpoints are in ${sighting.kept}`
    case 'damaged':
    case 'unreadable':
    case 'bad-checkpoint':
      return sighting.why
  }
}

const entries = (count: number): string => (count === 1 ? '1 entry' : `${count} entries`)
const moment = (time: number): string => new Date(time * 1000).toISOString().replace('.000', '')
