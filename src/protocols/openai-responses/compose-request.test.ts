import { describe, expect, test } from 'bun:test'
import type { ActAction, Settings } from '#access/protocol.ts'
import { openAiCompact } from './compact.ts'
import { openAiInputTokens } from './input-tokens.ts'
import { openAiResponses } from './openai-responses.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (from: Uint8Array): string => new TextDecoder().decode(from)

const SETTINGS: Settings = {
  model: 'gpt-real',
  user: 'p_1',
  limits: {},
  without: new Set<ActAction>(),
  provider: 'openai',
}

const composed = (body: string, settings: Partial<Settings> = {}, protocol = openAiResponses): string =>
  text(protocol.read(bytes(body), 128).compose({ ...SETTINGS, ...settings }))

describe('what leaves', () => {
  test('is the caller’s bytes, with the model’s name, and who asks', () => {
    const body =
      '{ "input":[ {"content":"\\u0041\\/é😀","role":"user"} ] ,\t"top_p":1.0e0, "model" : "cl\\u0069nic", "max_output_tokens":12 }'
    expect(composed(body)).toBe(
      '{ "input":[ {"content":"\\u0041\\/é😀","role":"user"} ] ,\t"top_p":1.0e0, "model" : "gpt-real", "max_output_tokens":12 ,"safety_identifier":"p_1"}',
    )
  })

  test('whatever the caller says of the person is overwritten', () => {
    expect(composed('{"model":"m","user":"alice","safety_identifier":"alice","input":"x"}')).toBe(
      '{"model":"gpt-real","user":"p_1","safety_identifier":"p_1","input":"x"}',
    )
    expect(composed('{"model":"m","safety_identifier":null,"user":null}')).toBe(
      '{"model":"gpt-real","safety_identifier":"p_1","user":null}',
    )
  })

  test('storing is switched off, where it stands and where it does not', () => {
    const without = new Set<ActAction>(['store'])
    expect(composed('{"model":"m"}', { without })).toBe('{"model":"gpt-real","safety_identifier":"p_1","store":false}')
    expect(composed('{"store":null,"model":"m"}', { without })).toBe(
      '{"store":false,"model":"gpt-real","safety_identifier":"p_1"}',
    )
  })

  test.each([
    ['{"model":"m"}', '{"model":"gpt-real","max_output_tokens":100,"safety_identifier":"p_1"}'],
    ['{"max_output_tokens":101,"model":"m"}', '{"max_output_tokens":100,"model":"gpt-real","safety_identifier":"p_1"}'],
    ['{"max_output_tokens":99,"model":"m"}', '{"max_output_tokens":99,"model":"gpt-real","safety_identifier":"p_1"}'],
    [
      '{"max_output_tokens":null,"model":"m"}',
      '{"max_output_tokens":100,"model":"gpt-real","safety_identifier":"p_1"}',
    ],
  ])('a cap on output stands in every request: %s', (body, out) => {
    expect(composed(body, { limits: { maxOutputTokens: { max: 100 } } })).toBe(out)
  })

  test.each([
    ['{"model":"m","temperature":1.50}', { max: 1 }, '{"model":"gpt-real","temperature":1,"safety_identifier":"p_1"}'],
    [
      '{"model":"m","temperature":0.50}',
      { max: 1 },
      '{"model":"gpt-real","temperature":0.50,"safety_identifier":"p_1"}',
    ],
    ['{"model":"m"}', { max: 1 }, '{"model":"gpt-real","safety_identifier":"p_1"}'],
    ['{"model":"m"}', { max: 0.5 }, '{"model":"gpt-real","temperature":0.5,"safety_identifier":"p_1"}'],
    ['{"model":"m"}', { fixed: 0 }, '{"model":"gpt-real","temperature":0,"safety_identifier":"p_1"}'],
  ])('%s with temperature %j', (body, temperature, out) => {
    expect(composed(body, { limits: { temperature } })).toBe(out)
  })

  test.each([
    ['{"model":"m"}', { fixed: 'low' }, '{"model":"gpt-real","safety_identifier":"p_1","reasoning":{"effort":"low"}}'],
    [
      '{"reasoning":{"summary":"auto"},"model":"m"}',
      { fixed: 'low' },
      '{"reasoning":{"summary":"auto","effort":"low"},"model":"gpt-real","safety_identifier":"p_1"}',
    ],
    [
      '{"reasoning":{},"model":"m"}',
      { fixed: 'low' },
      '{"reasoning":{"effort":"low"},"model":"gpt-real","safety_identifier":"p_1"}',
    ],
    [
      '{"reasoning":{"effort":"max"},"model":"m"}',
      { max: 'medium' },
      '{"reasoning":{"effort":"medium"},"model":"gpt-real","safety_identifier":"p_1"}',
    ],
    [
      '{"reasoning":{"effort":"xhigh"},"model":"m"}',
      { max: 'medium' },
      '{"reasoning":{"effort":"medium"},"model":"gpt-real","safety_identifier":"p_1"}',
    ],
    [
      '{"reasoning":null,"model":"m"}',
      { max: 'medium' },
      '{"reasoning":null,"model":"gpt-real","safety_identifier":"p_1"}',
    ],
    [
      '{"input":[{"type":"configuration_update","reasoning":{"effort":"xhigh"}}],"model":"m"}',
      { max: 'medium' },
      '{"input":[{"type":"configuration_update","reasoning":{"effort":"medium"}}],"model":"gpt-real","safety_identifier":"p_1"}',
    ],
  ] as const)('%s with effort %j', (body, reasoningEffort, out) => {
    expect(composed(body, { limits: { reasoningEffort } })).toBe(out)
  })

  test('other requests get no fields that they do not have', () => {
    const settings: Partial<Settings> = {
      without: new Set<ActAction>(['store']),
      limits: { maxOutputTokens: { max: 5 }, temperature: { fixed: 0 }, reasoningEffort: { fixed: 'low' } },
    }
    expect(composed('{"model":"m"}', settings, openAiInputTokens)).toBe(
      '{"model":"gpt-real","reasoning":{"effort":"low"}}',
    )
    expect(composed('{"model":"m"}', settings, openAiCompact)).toBe('{"model":"gpt-real"}')
    expect(openAiCompact.read(bytes('{"model":"m"}'), 9).parametersUnder(settings.limits ?? {})).toEqual({
      tools: 0n,
      logprobs: false,
    })
  })
})
