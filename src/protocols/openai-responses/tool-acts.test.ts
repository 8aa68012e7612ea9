import { describe, expect, test } from 'bun:test'
import { openAiResponses } from './openai-responses.ts'

const actsOf = (fields: object) => {
  const body = { model: 'm', store: false, ...fields }
  return openAiResponses.read(new TextEncoder().encode(JSON.stringify(body)), 128).acts
}

describe('tools', () => {
  test.each([
    [{ type: 'function', name: 'f', parameters: {}, strict: true }, []],
    [{ type: 'custom', name: 'f', format: { type: 'grammar', syntax: 'lark', definition: 'a' } }, []],
    [{ type: 'local_shell' }, []],
    [{ type: 'apply_patch' }, []],
    [{ type: 'shell', environment: { type: 'local' } }, []],
    [{ type: 'tool_search', execution: 'client' }, []],
    [{ type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'function', name: 'f' }] }, []],
    [{ type: 'web_search' }, [{ action: 'web-search', field: 'tools[0].type' }]],
    [{ type: 'web_search_preview_2025_03_11' }, [{ action: 'web-search', field: 'tools[0].type' }]],
    [
      { type: 'file_search', vector_store_ids: ['vs_1', 'vs_2'] },
      [
        { action: 'search-files', field: 'tools[0].vector_store_ids[0]', id: 'vs_1' },
        { action: 'search-files', field: 'tools[0].vector_store_ids[1]', id: 'vs_2' },
      ],
    ],
    [{ type: 'file_search', vector_store_ids: [] }, [{ action: 'search-files', field: 'tools[0].type' }]],
    [
      { type: 'code_interpreter', container: 'cntr_1' },
      [{ action: 'run-code', field: 'tools[0].container', id: 'cntr_1' }],
    ],
    [
      { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } },
      [
        { action: 'run-code', field: 'tools[0].type' },
        { action: 'use-file', field: 'tools[0].container.file_ids[0]', id: 'file-1' },
      ],
    ],
    [{ type: 'shell' }, [{ action: 'run-code', field: 'tools[0].type' }]],
    [
      { type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_2' } },
      [{ action: 'run-code', field: 'tools[0].environment.container_id', id: 'cntr_2' }],
    ],
    [
      {
        type: 'shell',
        environment: {
          type: 'container_auto',
          skills: [{ type: 'skill_reference', skill_id: 'skill_1' }],
          network_policy: { type: 'allowlist', allowed_domains: ['example.com'] },
        },
      },
      [
        { action: 'run-code', field: 'tools[0].type' },
        { action: 'use-file', field: 'tools[0].environment.skills[0].skill_id', id: 'skill_1' },
        { action: 'fetch-url', field: 'tools[0].environment.network_policy' },
      ],
    ],
    [
      { type: 'mcp', server_label: 's', server_url: 'https://evil.example/mcp' },
      [{ action: 'use-mcp', field: 'tools[0].type' }],
    ],
    [
      { type: 'mcp', server_label: 's', connector_id: 'connector_gmail' },
      [{ action: 'use-mcp', field: 'tools[0].type' }],
    ],
    [
      { type: 'image_generation', input_image_mask: { file_id: 'file-2', image_url: 'https://a.example/m.png' } },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-file', field: 'tools[0].input_image_mask.file_id', id: 'file-2' },
        { action: 'fetch-url', field: 'tools[0].input_image_mask.image_url' },
      ],
    ],
    [{ type: 'computer' }, [{ action: 'use-hosted-tool', field: 'tools[0].type' }]],
    [{ type: 'tool_search' }, [{ action: 'use-hosted-tool', field: 'tools[0].type' }]],
    [{ type: 'programmatic_tool_calling' }, [{ action: 'run-code', field: 'tools[0].type' }]],
    [
      { type: 'teleport' },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
      ],
    ],
    [
      { type: 'Function', name: 'f' },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
      ],
    ],
    [
      { type: 'file_search_preview', vector_store_ids: ['vs_1'], container: 'cntr_1' },
      [
        { action: 'use-hosted-tool', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].vector_store_ids[0]', id: 'vs_1' },
        { action: 'use-hosted-tool', field: 'tools[0].container', id: 'cntr_1' },
      ],
    ],
    [
      { type: 'function', name: 'f', vectorStoreIds: ['vs_1'] },
      [
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].vectorStoreIds[0]', id: 'vs_1' },
      ],
    ],
    [
      { type: 'code_interpreter', container: { type: 'auto', container: 'cntr_1', id: 'cntr_2' } },
      [
        { action: 'run-code', field: 'tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].container.container', id: 'cntr_1' },
        { action: 'use-hosted-tool', field: 'tools[0].container.id', id: 'cntr_2' },
      ],
    ],
    [
      { type: 'shell', environment: { type: 'local', container_id: 'cntr_1', file_ids: ['file-1'] } },
      [
        { action: 'use-hosted-tool', field: 'tools[0]' },
        { action: 'use-hosted-tool', field: 'tools[0].environment.container_id', id: 'cntr_1' },
        { action: 'use-hosted-tool', field: 'tools[0].environment.file_ids[0]', id: 'file-1' },
      ],
    ],
    [
      { type: 'tool_search', execution: 'client', server_url: 'https://a' },
      [{ action: 'use-hosted-tool', field: 'tools[0]' }],
    ],
    [
      { type: 'namespace', name: 'n', tools: [{ type: 'namespace', name: 'm', server_url: 'https://a', tools: [] }] },
      [{ action: 'use-hosted-tool', field: 'tools[0].tools[0]' }],
    ],
    [
      { type: 'namespace', name: 'n', tools: [], server_url: 'https://a' },
      [{ action: 'use-hosted-tool', field: 'tools[0]' }],
    ],
    [{ type: 'function', name: 'f', server_url: 'https://a' }, [{ action: 'use-hosted-tool', field: 'tools[0]' }]],
    [
      { type: 'function', name: 'f', parameters: { properties: { a: { $ref: 'https://a.example/schema.json' } } } },
      [{ action: 'fetch-url', field: 'tools[0].parameters' }],
    ],
    [
      { type: 'namespace', name: 'n', tools: [{ type: 'mcp', server_label: 's', server_url: 'https://a' }] },
      [
        { action: 'use-mcp', field: 'tools[0].tools[0].type' },
        { action: 'use-hosted-tool', field: 'tools[0].tools[0]' },
      ],
    ],
  ])('%j', (tool, acts) => {
    expect(actsOf({ input: 'x', tools: [tool] })).toEqual(acts as never)
  })

  test('a tool that is declared in the middle of a conversation, and one that is only chosen, count as well', () => {
    const mcp = { type: 'mcp', server_label: 's', server_url: 'https://evil.example/mcp' }
    expect(
      actsOf({
        input: [
          { type: 'additional_tools', role: 'developer', tools: [mcp] },
          { type: 'tool_search_output', tools: [{ type: 'code_interpreter', container: 'cntr_9' }] },
        ],
        tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'image_generation' }] },
      }),
    ).toEqual([
      { action: 'use-mcp', field: 'input[0].tools[0].type' },
      { action: 'run-code', field: 'input[1].tools[0].container', id: 'cntr_9' },
      { action: 'use-hosted-tool', field: 'tool_choice.tools[0].type' },
    ])
    expect(actsOf({ input: 'x', tool_choice: { type: 'web_search_preview' } })).toEqual([
      { action: 'web-search', field: 'tool_choice.type' },
    ])
    expect(actsOf({ input: 'x', tool_choice: { type: 'function', name: 'f' } })).toEqual([])
  })
})
