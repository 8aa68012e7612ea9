// A gate whose only provider is the wicked one: each misdeed is a model of that name, which alice may use.
import { MISDEEDS, type MisdeedName } from '../doubles/wicked-answers.ts'
import { startWickedProvider, type WickedProvider } from '../doubles/wicked-provider.ts'
import { CLINIC, CLINIC_YAML, type Rig, type RigOptions, says, startRig } from '../rig.ts'

export interface WickedRig {
  readonly rig: Rig
  readonly wicked: WickedProvider
  /** Asks for a misdeed; the answer's body is unread. */
  ask(misdeed: MisdeedName, streaming: boolean, init?: RequestInit): Promise<Response>
  stop(): Promise<void>
}

const SHORT = '{ first-byte: 600ms, idle: 600ms }'
/** Of a gate that waits longer for its provider than any test does. */
export const PATIENT = '{ first-byte: 60s, idle: 60s }'

export async function startWickedRig(options: RigOptions = {}, timeouts = SHORT): Promise<WickedRig> {
  const wicked = await startWickedProvider()
  const models = Object.keys(MISDEEDS).map((name) => `  ${name}: { system: clinic, use: [harbor/${name}] }\n`)
  const yaml = CLINIC_YAML.replace('{ first-byte: 2s, idle: 1s }', timeouts).replace(
    'models:\n',
    `models:\n${models.join('')}`,
  )
  const rig = await startRig({ files: { ...CLINIC, 'sallyport.yaml': yaml }, provider: wicked.url, ...options })
  return {
    rig,
    wicked,
    ask: (misdeed, streaming, init) =>
      rig.ask('alice', { model: misdeed, messages: says('hello'), stream: streaming }, init),
    async stop() {
      await rig.stop()
      await wicked.stop()
    },
  }
}
