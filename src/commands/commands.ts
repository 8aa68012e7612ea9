// Every command of the command line: how it is written, what it does, and where it is.
import type { Io } from './io.ts'

export type Run = (args: readonly string[], io: Io) => Promise<number>

export interface Command {
  /** Loaded when it is asked for: the policy engine alone would cost every command its start. */
  readonly load: () => Promise<Run>
  readonly usage: string
  readonly does: string
  /** What `--help` says besides. */
  readonly more: readonly string[]
}

const BUNDLE = [
  '',
  '  --bundle DIR   the bundle directory; default ./bundle',
  '',
  'SIGHUP loads the bundle again: the whole of it, or nothing.',
]

export const COMMANDS: Readonly<Record<string, Command>> = {
  demo: {
    load: async () => (await import('./demo.ts')).demo,
    usage: 'demo [token NAME | tamper]',
    does: 'the product with a demo world around it',
    more: [
      '',
      '  token NAME   prints the token of alice, bob, carol or erin, or the key of the application intake',
      "  tamper       copies the state, and changes one byte of the copy's log for `audit verify` to find",
    ],
  },
  start: {
    load: async () => (await import('./start.ts')).start,
    usage: 'start [--bundle DIR]',
    does: 'gateway and control plane',
    more: BUNDLE,
  },
  gateway: {
    load: async () => (await import('./gateway.ts')).gateway,
    usage: 'gateway [--bundle DIR]',
    does: 'the data plane alone',
    more: BUNDLE,
  },
  control: {
    load: async () => (await import('./control.ts')).control,
    usage: 'control',
    does: 'the control plane alone',
    more: [],
  },
  check: {
    load: async () => (await import('./check.ts')).check,
    usage: 'check [DIR] [--json] [--schema]',
    does: 'is this bundle right? Runs its cases too',
    more: [
      '',
      '  DIR        default ./bundle, or . where sallyport.yaml stands',
      '  --json     one record a line: problems, cases, then the bundle',
      '  --schema   prints the Cedar schema that its policies are checked against',
      '',
      'exit 0: right · 1: something is wrong · 2: wrong use',
    ],
  },
  scan: {
    load: async () => (await import('./scan.ts')).scan,
    usage: 'scan PATH… [--json|--sarif]',
    does: 'credentials in files: where, and of which kind',
    more: [
      '',
      '  PATH…     files, and directories with all below them; - or --stdin is standard input',
      '  --json    one finding a line',
      '  --sarif   SARIF 2.1.0, for code hosts and editors',
      '',
      'Skipped and counted: .git, node_modules, binary files, files over 16 MiB, links.',
      'A line with the comment sallyport:allow is counted, and not reported.',
      '',
      'exit 0: nothing found · 1: something found · 2: wrong use, or something could not be read',
    ],
  },
  audit: {
    load: async () => (await import('./audit.ts')).audit,
    usage: 'audit verify|show [LOG] [--all] [--json]',
    does: 'proves the log, or reads it',
    more: [
      '',
      '  verify --all | LOG   recomputes everything from the files; exit 1 names the entry, or the end, that is wrong',
      '    --key LOG=NOTEKEY  the key that a log must have, as in its key.pub; as often as needed',
      '  show [LOG]           prints entries; LOG is gateway-0 unless given',
      '    --kind KIND        decision, outcome, change, indicator',
      '    --exchange ID      of one exchange',
      '    --from N           from the entry with this index',
      '    --most N           at most so many; 1000 unless given',
    ],
  },
  explain: {
    load: async () => (await import('./explain.ts')).explain,
    usage: 'explain EXCHANGE [--json]',
    does: 'who, what, why, and what came of it',
    more: ['', 'EXCHANGE is what x-sallyport-exchange said in the answer.'],
  },
}
