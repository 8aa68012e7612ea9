// `sallyport audit verify` proves the logs; `sallyport audit show` reads one.
import { auditExport } from './audit-export.ts'
import { auditIndex } from './audit-index.ts'
import { auditProof } from './audit-proof.ts'
import { auditProofCheck } from './audit-proof-check.ts'
import { auditPrune } from './audit-prune.ts'
import { auditShow } from './audit-show.ts'
import { auditVerify } from './audit-verify.ts'
import { type Io, UsageError } from './io.ts'

export async function audit(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  switch (verb) {
    case 'verify':
      return auditVerify(rest, io)
    case 'show':
      return auditShow(rest, io)
    case 'index':
      return auditIndex(rest, io)
    case 'export':
      return auditExport(rest, io)
    case 'proof':
      return auditProof(rest, io)
    case 'check-proof':
      return auditProofCheck(rest, io)
    case 'prune':
      return auditPrune(rest, io)
    default:
      throw new UsageError('audit takes verify, show, index, export, proof, check-proof or prune')
  }
}
