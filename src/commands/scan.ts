// `sallyport scan PATH…`: the credentials inspector over files, with the kinds that the gate finds in traffic.
import { credentialsInspector } from '#inspectors/credentials/credentials.ts'
import { type ScanIo, scanPaths } from './scan-paths.ts'

export function scan(args: readonly string[], io: ScanIo): Promise<number> {
  return scanPaths(args, io, { inspector: credentialsInspector({ secrets: () => [] }), stdin: () => process.stdin })
}
