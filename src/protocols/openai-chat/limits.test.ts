import { describe, expect, test } from 'bun:test'
import { NO_LIMITS, type ParameterLimits } from '#access/parameters.ts'
import type { Settings } from '#access/protocol.ts'
import { readRequest } from './read-request.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)

const settings: Settings = {
  model: 'm',
  user: 'p-1',
  limits: NO_LIMITS,
  without: new Set(),
  provider: 'openai-compatible',
}

const leaving = (body: string, changed: Partial<Settings> = {}): string =>
  text(readRequest(bytes(body)).compose({ ...settings, ...changed }))

describe('limits of the model', () => {
  const start = '{"model":"m","messages":[{"role":"user","content":"x"}],"store":false,"safety_identifier":"p-1"'
  const max = (tokens: number): ParameterLimits => ({ maxOutputTokens: { max: tokens } })
  const fixed: ParameterLimits = {
    maxOutputTokens: { fixed: 30 },
    temperature: { fixed: 0.2 },
    reasoningEffort: { fixed: 'low' },
  }

  test.each([
    [max(50), ',"max_tokens":80', ',"max_tokens":50', '50'],
    [max(50), ',"max_completion_tokens":80', ',"max_completion_tokens":50', '50'],
    [max(50), ',"max_tokens":80,"max_completion_tokens":60', ',"max_tokens":50,"max_completion_tokens":50', '50'],
    [max(50), ',"max_tokens":20,"max_completion_tokens":60', ',"max_tokens":20,"max_completion_tokens":50', '50'],
    [max(50), ',"max_tokens":20', ',"max_tokens":20', '20'],
    [max(50), '', ',"max_completion_tokens":50', '50'],
    [max(50), ',"max_tokens":null,"max_completion_tokens":null', ',"max_tokens":null,"max_completion_tokens":50', '50'],
    [fixed, '', ',"max_completion_tokens":30,"temperature":0.2,"reasoning_effort":"low"', '30 0.2000 low'],
    [
      fixed,
      ',"reasoning_effort":"max","temperature":2,"max_tokens":1',
      ',"reasoning_effort":"low","temperature":0.2,"max_tokens":30',
      '30 0.2000 low',
    ],
    [{ temperature: { max: 0.5 } }, ',"temperature":1.5', ',"temperature":0.5', '0.5000'],
    [{ temperature: { max: 0.5 } }, ',"temperature":0.50', ',"temperature":0.50', '0.5000'],
    // Unnamed, it would be 1.
    [{ temperature: { max: 0.5 } }, '', ',"temperature":0.5', '0.5000'],
    [{ temperature: { max: 1.5 } }, '', '', ''],
    [{ reasoningEffort: { max: 'low' } }, ',"reasoning_effort":"high"', ',"reasoning_effort":"low"', 'low'],
    [{ reasoningEffort: { max: 'low' } }, ',"reasoning_effort":"minimal"', ',"reasoning_effort":"minimal"', 'minimal'],
    [{ reasoningEffort: { max: 'low' } }, ',"reasoning_effort":"xhigh"', ',"reasoning_effort":"low"', 'low'],
    [{ reasoningEffort: { max: 'low' } }, '', '', ''],
    [NO_LIMITS, ',"max_tokens":80', ',"max_tokens":80', '80'],
  ] as const)('under %j, %s leaves as %s', (limits, came, leaves, seen) => {
    const reading = readRequest(bytes(`${start}${came}}`))
    expect(text(reading.compose({ ...settings, provider: 'openai', limits }))).toBe(`${start}${leaves}}`)
    const seenBy: Readonly<Record<string, unknown>> = reading.parametersUnder(limits)
    const temperature = seenBy['temperature'] as { extension: { arg: string } } | undefined
    const parts = [seenBy['max_output_tokens'], temperature?.extension.arg, seenBy['reasoning_effort']]
    const shown = parts.filter((part) => part !== undefined).map(String)
    expect(shown.join(' ')).toBe(seen)
  })

  test.each(['reasoning', 'thinking', 'Enable_Thinking', 'chat_template_kwargs'])(
    'under a limit of effort, %s would go round it',
    (name) => {
      const reading = readRequest(bytes(`${start},"${name}":{"effort":"high"}}`))
      expect(reading.parametersUnder(max(50))).toMatchObject({ max_output_tokens: 50n })
      expect(() => reading.parametersUnder({ reasoningEffort: { max: 'low' } })).toThrow(
        `\`${name}\` would go round the limit of this model's reasoning effort; leave it out, and use \`reasoning_effort\`.`,
      )
    },
  )

  test.each(['n_predict', 'max_new_tokens', 'max_output_tokens', 'options'])('%s is no cap here', (name) => {
    expect(() => readRequest(bytes(`${start},"${name}":9}`))).toThrow(
      `\`${name}\` is another name for how much is answered, and is not served here; leave it out.`,
    )
  })

  test.each([
    ['', ',"max_tokens":50'],
    [',"max_tokens":80', ',"max_tokens":50'],
    [',"max_completion_tokens":80', ',"max_completion_tokens":50,"max_tokens":50'],
  ])('a server that knows the older name alone has the cap under that: %s', (came, leaves) => {
    expect(leaving(`${start}${came}}`, { limits: max(50) })).toBe(`${start}${leaves}}`)
  })
})
