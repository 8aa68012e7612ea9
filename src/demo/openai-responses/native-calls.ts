// Calls of the tools that OpenAI defines and the caller runs: shell, patches, computer. `[[tool:shell {"commands":["ls"]}]]`
// proposes one where the request declares a tool of that type; its JSON is laid over what such a call needs at the least.
import { lead, pieceEvents, type ItemEvent, type OutputItem } from './output-item.ts'

interface Native {
  readonly type: string
  readonly prefix: string
  /** The field that says what is to be done. */
  readonly field: 'action' | 'operation'
  readonly least: Readonly<Record<string, unknown>>
  readonly more?: object
}

const NATIVE: ReadonlyMap<string, Native> = new Map<string, Native>([
  [
    'shell',
    {
      type: 'shell_call',
      prefix: 'sh',
      field: 'action',
      least: { commands: [], timeout_ms: null, max_output_length: null },
      more: { environment: null },
    },
  ],
  [
    'local_shell',
    { type: 'local_shell_call', prefix: 'lsh', field: 'action', least: { type: 'exec', command: [], env: {} } },
  ],
  [
    'apply_patch',
    {
      type: 'apply_patch_call',
      prefix: 'apc',
      field: 'operation',
      least: { type: 'update_file', path: 'notes.txt', diff: '' },
    },
  ],
  [
    'computer',
    {
      type: 'computer_call',
      prefix: 'cu',
      field: 'action',
      least: { type: 'screenshot' },
      more: { pending_safety_checks: [] },
    },
  ],
])

export function isNative(name: string): boolean {
  return NATIVE.has(name)
}

interface Proposed {
  readonly name: string
  /** JSON. */
  readonly text: string
  readonly mark: string
  readonly cut: (text: string) => readonly string[]
}

/** Nothing where the name is none of OpenAI's own. */
export function nativeItem({ name, text, mark, cut }: Proposed): OutputItem | undefined {
  const native = NATIVE.get(name)
  if (!native) return undefined
  const id = `${native.prefix}_${mark}`
  const said: unknown = JSON.parse(text)
  const act: Readonly<Record<string, unknown>> = { ...native.least, ...(typeof said === 'object' && said) }
  const common = { id, type: native.type, call_id: `call_${mark}`, ...native.more }
  return {
    id,
    opened: { ...common, status: 'in_progress', [native.field]: { ...act, ...begun(name) } },
    done: { ...common, status: 'completed', [native.field]: act },
    events: events(name, act, cut),
  }
}

/** What of an act is not there yet when its item is added. */
function begun(name: string): object {
  return name === 'shell' ? { commands: [] } : name === 'apply_patch' ? { diff: '' } : {}
}

/** Commands are streamed. Of a patch the client knows no events: it comes with the end of its item. */
function events(
  name: string,
  { commands }: Readonly<Record<string, unknown>>,
  cut: Proposed['cut'],
): readonly ItemEvent[] {
  const each = name === 'shell' && Array.isArray(commands) ? commands.map(String) : []
  return each.flatMap((command, index) => commandEvents(command, index, cut))
}

function commandEvents(command: string, command_index: number, cut: Proposed['cut']): readonly ItemEvent[] {
  return [
    lead('shell_call_command.added', { command_index, command: '' }),
    ...pieceEvents('shell_call_command.delta', cut(command), { command_index }),
    lead('shell_call_command.done', { command_index, command }),
  ]
}
