// How the parts of a gateway stand at the moment of asking: doors, memories, keys, providers, the bundle.
import { type Family, gauge, type Labels } from './family.ts'

/** Structural: whatever answers these questions, without telemetry knowing the parts. */
export interface GateStanding {
  /** The hash of the bundle in force. */
  readonly bundle: string
  /** Connections on which a request is being answered, streams included. */
  readonly pending: number
  /** Of them, answers that stream. */
  readonly streams: number
  /** Until when the certificate is valid, in epoch milliseconds; undefined for plain HTTP. */
  readonly expires: number | undefined
  readonly tokens: { readonly size: number; readonly hits: number; readonly misses: number }
  readonly issuers: readonly {
    readonly issuer: string
    readonly keys: number
    readonly loadedAt: number | undefined
    readonly failing: boolean
  }[]
  readonly circuits: readonly {
    readonly provider: string
    readonly model: string
    readonly state: 'out' | 'failing'
  }[]
  /** Of the JSON lines; undefined where there are none. */
  readonly lines: { readonly written: number; readonly dropped: number; readonly waiting: number } | undefined
}

export interface Build {
  readonly version: string
  /** `bun 1.4.5` */
  readonly runtime: string
}

const MOST_TARGETS = 256

export function gateFigures(standing: GateStanding, build: Build, own: Labels): readonly Family[] {
  const { bundle, pending, streams, expires, tokens, issuers, circuits, lines } = standing
  const families = [
    infoFigure(build, own, { bundle: bundle.slice(0, 12) }),
    gauge({ name: 'sallyport_pending_requests', help: 'Requests being answered now, streams included.' }, own, [
      [{}, pending],
    ]),
    gauge({ name: 'sallyport_open_streams', help: 'Answers that stream now.' }, own, [[{}, streams]]),
    gauge({ name: 'sallyport_token_cache_entries', help: 'Proven tokens that are remembered.' }, own, [
      [{}, tokens.size],
    ]),
    gauge(
      { name: 'sallyport_token_cache_total', help: 'Tokens that were remembered, and that were not.', type: 'counter' },
      own,
      [
        [{ result: 'hit' }, tokens.hits],
        [{ result: 'miss' }, tokens.misses],
      ],
    ),
    gauge(
      { name: 'sallyport_issuer_keys', help: 'Signing keys of an issuer that are held.' },
      own,
      issuers.map(({ issuer, keys }) => [{ issuer }, keys]),
    ),
    gauge(
      { name: 'sallyport_issuer_keys_read_timestamp_seconds', help: 'When they were read last, since the epoch.' },
      own,
      issuers.flatMap(({ issuer, loadedAt }) =>
        loadedAt === undefined ? [] : [[{ issuer }, Math.floor(loadedAt / 1000)] as const],
      ),
    ),
    gauge(
      { name: 'sallyport_issuer_failing', help: '1 where the last reading of its keys failed.' },
      own,
      issuers.map(({ issuer, failing }) => [{ issuer }, failing ? 1 : 0]),
    ),
    gauge(
      {
        name: 'sallyport_target_down',
        help: 'Targets that are not tried (out) or tried last (failing); absent ones are well.',
      },
      own,
      // One address that was corrected may stand there twice.
      unique(circuits).map(({ provider, model, state }) => [{ provider, model, state }, 1]),
    ),
  ]
  if (expires !== undefined) {
    const shape = {
      name: 'sallyport_certificate_expiry_timestamp_seconds',
      help: 'Until when the certificate is valid.',
    }
    families.push(gauge(shape, own, [[{}, Math.floor(expires / 1000)]]))
  }
  if (lines) {
    const shape = { name: 'sallyport_log_lines_total', help: 'JSON lines of requests.', type: 'counter' } as const
    families.push(
      gauge(shape, own, [
        [{ result: 'written' }, lines.written],
        [{ result: 'dropped' }, lines.dropped],
      ]),
      gauge({ name: 'sallyport_log_lines_waiting', help: 'JSON lines that nobody took yet.' }, own, [
        [{}, lines.waiting],
      ]),
    )
  }
  return families
}

export const infoFigure = ({ version, runtime }: Build, own: Labels, besides: Labels = {}): Family =>
  gauge({ name: 'sallyport_info', help: 'Always 1: what runs, by which bundle.' }, own, [
    [{ version, runtime, ...besides }, 1],
  ])

function unique(circuits: GateStanding['circuits']): GateStanding['circuits'] {
  const byTarget = new Map<string, GateStanding['circuits'][number]>()
  for (const circuit of circuits) {
    const name = `${circuit.provider}/${circuit.model}`
    if (byTarget.get(name)?.state !== 'out') byTarget.set(name, circuit)
  }
  return [...byTarget.values()].slice(0, MOST_TARGETS)
}
