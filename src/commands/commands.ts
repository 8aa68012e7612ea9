// Every command of the command line: how it is written, what it does, and where it is.
import type { Io } from './io.ts'
import { serving } from './serving.ts'

export type Run = (args: readonly string[], io: Io) => Promise<number>

export interface Command {
  /** Loaded when it is asked for: the policy engine alone would cost every command its start. */
  readonly load: () => Promise<Run>
  readonly usage: string
  readonly does: string
  /** What `--help` says besides. */
  readonly more: readonly string[]
}

const SERVES = [
  '',
  '  --bundle DIR     the bundle directory; default ./bundle',
  '  --log json|off   a line of JSON on standard output for each request; json unless that is a terminal',
  '',
  'SIGHUP loads the bundle again: the whole of it, or nothing.',
]

export const COMMANDS: Readonly<Record<string, Command>> = {
  demo: {
    load: async () => (await import('./demo.ts')).demo,
    usage: 'demo [token NAME | session NAME | tamper]',
    does: 'the product with a demo world around it',
    more: [
      '',
      '  token NAME   prints the token of alice, bob, carol or erin, or the key of the application intake',
      '  session NAME a token of minutes, for the application letters that acts for NAME: a session of its own',
      "  tamper       copies the state, and changes one byte of the copy's log for `audit verify` to find",
    ],
  },
  start: {
    load: async () => serving((await import('./start.ts')).start),
    usage: 'start [--bundle DIR]',
    does: 'gateway and control plane',
    more: SERVES,
  },
  gateway: {
    load: async () => serving((await import('./gateway.ts')).gateway),
    usage: 'gateway [--bundle DIR]',
    does: 'the data plane alone',
    more: SERVES,
  },
  control: {
    load: async () => serving((await import('./control.ts')).control),
    usage: 'control',
    does: 'the control plane alone',
    more: [],
  },
  authorization: {
    load: async () => {
      const { quietLibrary } = await import('./authorization-quiet.ts')
      quietLibrary()
      return serving((await import('./authorization.ts')).authorization)
    },
    usage: 'authorization [--bundle DIR]',
    does: 'the OAuth authorization server alone',
    more: [
      '',
      '  --bundle DIR   the bundle directory; default ./bundle',
      '',
      'Part of `start`: sessions, logins and tokens. It listens on SALLYPORT_HOME/run/authorization.sock, behind the',
      "gateway's /oauth/*, and sees no prompt. While it is away no session begins, and those that began go on.",
      'SIGHUP loads the bundle again.',
    ],
  },
  archive: {
    load: async () => serving((await import('./archive.ts')).archive),
    usage: 'archive [--bundle DIR]',
    does: 'index, copies, streams of the logs',
    more: [
      '',
      '  --bundle DIR   the bundle directory; default ./bundle',
      '',
      'Part of `start`: the search index, copies, streams, witnesses. It reads the logs from their files, so that nothing',
      'waits for it, and it can be away for a while. SIGHUP loads the bundle again.',
    ],
  },
  init: {
    load: async () => (await import('./init.ts')).init,
    usage: 'init [DIR]',
    does: 'four questions, then a bundle of your own',
    more: [
      '',
      '  DIR                  default ./bundle; nothing that stands there is written over',
      '  --issuer URL         who signs your people in, as `iss` in its tokens',
      '  --audience NAME      whom its tokens are made out to',
      '  --provider-key REF   where the API key is: file:PATH (relative to DIR) or env:NAME, never the key itself',
      '  --group NAME         who may use the models, as your directory writes it',
      '',
      'What no option answers is asked, or read line by line from standard input.',
    ],
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
  doctor: {
    load: async () => (await import('./doctor.ts')).doctor,
    usage: 'doctor [--bundle DIR] [--token FILE]',
    does: 'would it work, here and now?',
    more: [
      '',
      '  --bundle DIR   the bundle directory; default ./bundle',
      '  --token FILE   a real token of your issuer, judged as the gateway would; - is standard input',
      '  --json         one finding a line: check, subject, verdict, said, fix',
      '',
      'It sends no prompt, changes nothing, and prints no secret.',
      '',
      'exit 0: nothing is wrong · 1: something is · 2: wrong use',
    ],
  },
  key: {
    load: async () => (await import('./key.ts')).key,
    usage: 'key create|list|show|rotate|revoke|import',
    does: 'virtual keys for applications',
    more: [
      '',
      '  create                makes a key and prints it, this once',
      '    --app NAME          the application, as in App::"NAME"; or --person NAME, as their issuer names them',
      '    --owner WHO --team NAME --environment NAME --use TEXT',
      '    --models A,B        what it may be used for at most; --actions infer,embed: only infer unless given',
      '    --network CIDR      taken from there only; as often as needed',
      '    --users ISSUER      taken with a user token of that issuer; as often as needed',
      '    --expires 30d|DATE  at most 366 days from now, 7 for a person; --not-before 2h|DATE',
      '    --unused-for 30d    suspended when it was not used for so long',
      '  list                  all keys, and what has become of them',
      '  show ID               everything but what would open the gate',
      '  rotate ID             a new secret; the old one goes on for --overlap 24h, at most 30d',
      '  revoke ID             for good, from the next request on; --of App::NAME: all of them',
      '  import FILE           one JSON object a line, all or none; docs/keys.md has the fields',
      '',
      '  --why TEXT            for the record; revoke needs it',
      '  --out FILE            the key goes into a new file that only you can read',
      '  --json                one record a line',
      '',
      'exit 0: done · 1: refused · 2: wrong use',
    ],
  },
  session: {
    load: async () => (await import('./session.ts')).session,
    usage: 'session list|show|end|elevate',
    does: 'sessions: which there are, and their end',
    more: [
      '',
      '  list                  sessions, the newest first',
      '    --open              only those that go on',
      '    --principal P       User::NAME or App::NAME, anywhere in the chain; --client C',
      '    --most N            at most; 100 unless given',
      '  show ID               who, what for, its bounds and what is used of each, why it ended',
      '  end ID                for good, within a second: its tokens, streams, and the sessions below it',
      '    --of User::NAME     all of theirs',
      '  elevate ID            lets a session of tier 3 do what cannot be taken back',
      '',
      '  --why TEXT            for the record; end and elevate need it',
      '  --json                one record a line',
      '',
      'exit 0: done · 1: refused · 2: wrong use',
    ],
  },
  scan: {
    load: async () => (await import('./scan.ts')).scan,
    usage: 'scan PATH… [--json|--sarif]',
    does: 'credentials in files: where, and which',
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
    usage: 'audit verify|show|export|proof|…',
    does: 'proves the log, or reads it',
    more: [
      '',
      '  verify --all | LOG   recomputes everything from the files; exit 1 names the entry, or the end, that is wrong',
      '    --key LOG=NOTEKEY  the key that a log must have, as in its key.pub; as often as needed',
      '    --witness DIR|URL  what a witness saw: its directory or address; names a log that was cut, rolled back or forked',
      '    --witness-key KEY  the key of that witness, as `sallyport witness key` prints it; one for each --witness',
      '    --directory DIR    a copy of the logs, in place of SALLYPORT_HOME/audit',
      '  show [LOG]           entries: the newest 100 of all logs; of one log its first 1000, from the beginning',
      '    --principal P      who did it, a link of the chain, or the id of the key',
      '    --action A --resource R --decision allow|ask|deny --reason R --finding KIND --session S --exchange ID',
      '    --kind KIND        decision, outcome, change, secret, session, token, indicator, read',
      '    --since T          a time, a date, or 2h for so long ago; --until T likewise',
      '    --newest, --oldest first; --most N at most; --from N: from this index of LOG on',
      '  index                how far the search index is; --check holds all of it against the logs, exit 1 where it differs',
      '    --rebuild          throws it away and makes it anew',
      '  export [LOG]         all logs, or one, entry by entry, to standard output',
      '    --format FORMAT    jsonl (as they stand in the log, unless given), ocsf, csv',
      '    --out FILE         into a new file that only you can read',
      '    --since T          a time, a date, or 24h for so long ago; --until T likewise',
      '    --kind KIND        as often as needed; --exchange, --principal, --resource, --decision, --session, --finding',
      '  proof EXCHANGE       a file that proves offline that the log holds what it holds of one exchange',
      '    --out FILE         into a new file; to standard output unless given',
      '    --witnessed DIR    under a checkpoint that the witness whose directory this is has cosigned',
      '  check-proof FILE     what such a file proves; exit 1: nothing. Needs nothing but the file and the key',
      '    --key LOG=NOTEKEY  the key of the log, not from whoever brought the file; --key-file FILE: as key.pub',
      '    --witness NOTEKEY  a witness that must have cosigned it; as often as needed',
      "  prune --why TEXT     removes sealed logs that were kept for as long as the bundle's audit.retention says",
      '    --dry-run          only says which; --bundle DIR: bundle unless given',
    ],
  },
  witness: {
    load: async () => (await import('./witness.ts')).witness,
    usage: 'witness [key] --home DIR …',
    does: 'remembers how far each log went',
    more: [
      '',
      'Runs under another user than the one who writes the logs, or on another machine.',
      '',
      '  --home DIR           its own directory, which who writes the logs cannot write to',
      '  --folder DIR         the directory of the logs, which it only reads: SALLYPORT_HOME/audit',
      '  --listen HOST:PORT   takes checkpoints over HTTP (C2SP tlog-witness)',
      '  --log NOTEKEY        a log by its verifier key, as in its key.pub; as often as needed. Of a folder, the control',
      "                       log's is enough: it records the keys of the others",
      '  --logs FILE          the same, one a line',
      '  --every 5s           from one look at the folder to the next',
      '  --once               looks at the folder once; exit 1 names what is wrong',
      '  --name NAME          of its key, when that is made; default sallyport-witness/ and 8 digits',
      '  key                  prints its verifier key, for audit verify --witness-key',
      '',
      'docs/witness.md says how to run it, and what it proves.',
    ],
  },
  explain: {
    load: async () => (await import('./explain.ts')).explain,
    usage: 'explain EXCHANGE [--json]',
    does: 'who, what, why, and what came of it',
    more: ['', 'EXCHANGE is what x-sallyport-exchange said in the answer.'],
  },
}
