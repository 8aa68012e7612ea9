import { describe, expect, test } from 'bun:test'
import { NO_LIMITS, type ParameterLimits } from '#access/parameters.ts'
import type { Settings } from '#access/protocol.ts'
import { readCountRequest, readRequest } from './read-request.ts'
import { bytes, outcomeOf, text } from './scene.fixture.ts'

const settings = (limits: ParameterLimits = NO_LIMITS): Settings => ({
  model: 'harbor-1',
  user: 'sp_7f',
  limits,
  without: new Set(),
  provider: 'anthropic',
})

const composed = (body: string, limits?: ParameterLimits): string =>
  text(readRequest(bytes(body)).compose(settings(limits)))

/** As policy sees them, beside what every request has. */
const parameters = (body: string, limits: ParameterLimits = NO_LIMITS): object => {
  const { tools, logprobs, ...others } = readRequest(bytes(body)).parametersUnder(limits)
  expect({ tools, logprobs }).toEqual({ tools: 0n, logprobs: false })
  return others
}

const decimal = (arg: string) => ({ extension: { fn: 'decimal' as const, arg } })

describe('who is asking is told by a pseudonym, and nothing else is changed', () => {
  test.each([
    [
      'where there was none',
      '{ "model" : "c",\n"max_tokens":9007199254740993 , "messages":[{"role":"user","content":"\\u0048i"}] }'.replace(
        '9007199254740993',
        '64',
      ),
      '{ "model" : "harbor-1",\n"max_tokens":64 , "messages":[{"role":"user","content":"\\u0048i"}] ,"metadata":{"user_id":"sp_7f"}}',
    ],
    [
      'over the caller’s own',
      '{"metadata":{ "user_id" : "alice" },"model":"c","max_tokens":1,"messages":[]}',
      '{"metadata":{ "user_id" : "sp_7f" },"model":"harbor-1","max_tokens":1,"messages":[]}',
    ],
    [
      'in metadata that is empty',
      '{"model":"c","max_tokens":1,"messages":[],"metadata":{}}',
      '{"model":"harbor-1","max_tokens":1,"messages":[],"metadata":{"user_id":"sp_7f"}}',
    ],
    [
      'beside what nobody knows',
      '{"model":"c","max_tokens":1,"messages":[],"metadata":{"team":"t"}}',
      '{"model":"harbor-1","max_tokens":1,"messages":[],"metadata":{"team":"t","user_id":"sp_7f"}}',
    ],
    [
      'in place of null',
      '{"metadata":null,"model":"c","max_tokens":1,"messages":[]}',
      '{"metadata":{"user_id":"sp_7f"},"model":"harbor-1","max_tokens":1,"messages":[]}',
    ],
  ])('%s', (_, body, expected) => {
    expect(composed(body)).toBe(expected)
  })

  test('a token count tells of nobody, and has nothing to limit', () => {
    const body = '{"model":"c","messages":[],"thinking":{"type":"enabled","budget_tokens":9000}}'
    const limits: ParameterLimits = {
      maxOutputTokens: { fixed: 5 },
      temperature: { fixed: 0 },
      reasoningEffort: { fixed: 'low' },
    }
    const reading = readCountRequest(bytes(body))
    expect(text(reading.compose(settings(limits)))).toBe(body.replace('"c"', '"harbor-1"'))
    expect(reading.parametersUnder(limits)).toEqual({ tools: 0n, logprobs: false })
  })
})

describe('limits stand in what leaves, and in what policy sees', () => {
  const END = ',"metadata":{"user_id":"sp_7f"}}'

  test('of output tokens', () => {
    const body = '{"model":"c","max_tokens":4096,"messages":[]}'
    expect(composed(body, { maxOutputTokens: { max: 1000 } })).toBe(
      `{"model":"harbor-1","max_tokens":1000,"messages":[]${END}`,
    )
    expect(parameters(body, { maxOutputTokens: { max: 1000 } })).toEqual({ max_output_tokens: 1000n })
    expect(parameters(body, { maxOutputTokens: { max: 9000 } })).toEqual({ max_output_tokens: 4096n })
    expect(composed(body, { maxOutputTokens: { max: 9000 } })).toBe(
      `{"model":"harbor-1","max_tokens":4096,"messages":[]${END}`,
    )
    expect(parameters(body, { maxOutputTokens: { fixed: 9000 } })).toEqual({ max_output_tokens: 9000n })
    expect(composed(body, { maxOutputTokens: { fixed: 9000 } })).toBe(
      `{"model":"harbor-1","max_tokens":9000,"messages":[]${END}`,
    )
  })

  test('of temperature', () => {
    const hot = '{"model":"c","max_tokens":1,"messages":[],"temperature":0.9}'
    const silent = '{"model":"c","max_tokens":1,"messages":[]}'
    expect(composed(hot, { temperature: { max: 0.5 } })).toBe(
      `{"model":"harbor-1","max_tokens":1,"messages":[],"temperature":0.5${END}`,
    )
    expect(parameters(hot, { temperature: { max: 0.5 } })).toEqual({
      max_output_tokens: 1n,
      temperature: decimal('0.5000'),
    })
    expect(parameters(hot, { temperature: { max: 1 } })).toEqual({
      max_output_tokens: 1n,
      temperature: decimal('0.9000'),
    })
    // A provider that is told nothing takes 1.
    expect(parameters(silent, { temperature: { max: 0.5 } })).toEqual({
      max_output_tokens: 1n,
      temperature: decimal('0.5000'),
    })
    expect(JSON.parse(composed(silent, { temperature: { fixed: 0 } }))).toMatchObject({ temperature: 0 })
  })

  test('of effort, also where a turn names its own', () => {
    const body =
      '{"model":"c","max_tokens":1,"messages":[{"role":"system","output_config":{"effort":"max"}},{"role":"system","output_config":{"effort":"low"}}],"output_config":{"effort":"high"}}'
    expect(parameters(body)).toMatchObject({ reasoning_effort: 'max' })
    expect(parameters(body, { reasoningEffort: { max: 'medium' } })).toMatchObject({ reasoning_effort: 'medium' })
    expect(composed(body, { reasoningEffort: { max: 'medium' } })).toBe(
      `{"model":"harbor-1","max_tokens":1,"messages":[{"role":"system","output_config":{"effort":"medium"}},{"role":"system","output_config":{"effort":"low"}}],"output_config":{"effort":"medium"}${END}`,
    )
    expect(JSON.parse(composed(body, { reasoningEffort: { fixed: 'xhigh' } }))).toMatchObject({
      messages: [{ output_config: { effort: 'xhigh' } }, { output_config: { effort: 'xhigh' } }],
      output_config: { effort: 'xhigh' },
    })
  })

  test('of effort where the request names none', () => {
    const body = '{"model":"c","max_tokens":1,"messages":[]}'
    expect(composed(body, { reasoningEffort: { max: 'low' } })).toBe(
      `{"model":"harbor-1","max_tokens":1,"messages":[]${END}`,
    )
    expect(JSON.parse(composed(body, { reasoningEffort: { fixed: 'low' } }))).toMatchObject({
      output_config: { effort: 'low' },
    })
    const format =
      '{"model":"c","max_tokens":1,"messages":[],"output_config":{"format":{"type":"json_schema","schema":{}}}}'
    expect(JSON.parse(composed(format, { reasoningEffort: { fixed: 'low' } }))).toMatchObject({
      output_config: { format: { type: 'json_schema', schema: {} }, effort: 'low' },
    })
    expect(parameters(format, { reasoningEffort: { fixed: 'low' } })).toEqual({
      max_output_tokens: 1n,
      reasoning_effort: 'low',
      response_format: 'json_schema',
    })
  })

  test('and an effort that this protocol has no word for is refused', () => {
    const body = '{"model":"c","max_tokens":1,"messages":[],"output_config":{"effort":"low"}}'
    expect(outcomeOf(() => parameters(body, { reasoningEffort: { max: 'minimal' } }))).toBe(
      'invalid_field output_config.effort',
    )
    expect(outcomeOf(() => parameters(body, { reasoningEffort: { fixed: 'none' } }))).toBe(
      'invalid_field output_config.effort',
    )
    const silent = '{"model":"c","max_tokens":1,"messages":[]}'
    expect(outcomeOf(() => parameters(silent, { reasoningEffort: { max: 'minimal' } }))).toBe('accepted')
  })

  test('and thinking stays below the output that is left', () => {
    const body = '{"model":"c","max_tokens":9000,"messages":[],"thinking":{"type":"enabled","budget_tokens":8000}}'
    expect(JSON.parse(composed(body, { maxOutputTokens: { max: 8500 } }))).toMatchObject({
      max_tokens: 8500,
      thinking: { type: 'enabled', budget_tokens: 8000 },
    })
    expect(JSON.parse(composed(body, { maxOutputTokens: { max: 2000 } }))).toMatchObject({
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1999 },
    })
    expect(JSON.parse(composed(body, { maxOutputTokens: { max: 1025 } }))).toMatchObject({
      thinking: { budget_tokens: 1024 },
    })
    expect(outcomeOf(() => parameters(body, { maxOutputTokens: { max: 1024 } }))).toBe(
      'invalid_field thinking.budget_tokens',
    )
    expect(outcomeOf(() => composed(body, { maxOutputTokens: { fixed: 10 } }))).toBe(
      'invalid_field thinking.budget_tokens',
    )
  })

  test('and what else policy may ask of a request is there', () => {
    const body = JSON.stringify({
      model: 'c',
      max_tokens: 1,
      messages: [
        {
          role: 'system',
          content: [
            { type: 'tool_addition', tool: { type: 'tool_definition', definition: { name: 'b', input_schema: {} } } },
          ],
        },
      ],
      tools: [{ name: 'a', input_schema: {} }],
      top_p: 0.25,
      output_format: { type: 'json_schema', schema: {} },
    })
    expect(readRequest(bytes(body)).parametersUnder(NO_LIMITS)).toEqual({
      tools: 2n,
      logprobs: false,
      max_output_tokens: 1n,
      top_p: decimal('0.2500'),
      response_format: 'json_schema',
    })
  })
})
