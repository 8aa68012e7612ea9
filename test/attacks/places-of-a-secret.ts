// Every place of a request in which a credential could stand, by route: the body that holds it there, and the place as
// findings name it.
import { AWS_KEY } from './leaks.ts'

const call = (args: string) => ({ id: 'call_1', type: 'function', function: { name: 'look_up', arguments: args } })
const answered = (args: string) => [
  { role: 'user', content: 'Look it up.' },
  { role: 'assistant', content: null, tool_calls: [call(args)] },
  { role: 'tool', tool_call_id: 'call_1', content: 'done' },
]
export const chat = (body: object) => ({
  model: 'clinic-small',
  messages: [{ role: 'user', content: 'Good morning' }],
  ...body,
})
export const messages = (body: object) => ({
  model: 'claude-clinic',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Good morning' }],
  ...body,
})
export const responses = (body: object) => ({ model: 'clinic-small', input: 'Good morning', ...body })

export const turn = (content: unknown, role = 'user') => chat({ messages: [{ role, content }] })
export const secret = `the key is ${AWS_KEY}, keep it`

export const CHAT: readonly (readonly [where: string, body: object, place: string])[] = [
  [
    'the system prompt',
    chat({
      messages: [
        { role: 'system', content: secret },
        { role: 'user', content: 'Hi' },
      ],
    }),
    '/messages/0/content',
  ],
  ['the developer prompt', turn(secret, 'developer'), '/messages/0/content'],
  [
    'an earlier turn',
    chat({
      messages: [
        { role: 'user', content: secret },
        { role: 'assistant', content: 'Noted.' },
        { role: 'user', content: 'Hi' },
      ],
    }),
    '/messages/0/content',
  ],
  [
    "the model's earlier answer",
    chat({
      messages: [
        { role: 'assistant', content: secret },
        { role: 'user', content: 'Hi' },
      ],
    }),
    '/messages/0/content',
  ],
  ['the last turn', turn(secret), '/messages/0/content'],
  [
    'a content part',
    turn([
      { type: 'text', text: 'Hi' },
      { type: 'text', text: secret },
    ]),
    '/messages/0/content/1/text',
  ],
  [
    'an argument of a tool call',
    chat({ messages: answered(JSON.stringify({ note: secret })) }),
    '/messages/1/tool_calls/0/function/arguments/note',
  ],
  [
    'an argument that JSON escaped twice',
    chat({ messages: answered(`{"note":"${AWS_KEY.replace('K', '\\u004b')}"}`) }),
    '/messages/1/tool_calls/0/function/arguments/note',
  ],
  [
    'the name of an argument',
    chat({ messages: answered(JSON.stringify({ [AWS_KEY]: 1 })) }),
    '/messages/1/tool_calls/0/function/arguments/*',
  ],
  [
    'arguments that are no JSON',
    chat({ messages: answered(`{"note": ${AWS_KEY}`) }),
    '/messages/1/tool_calls/0/function/arguments',
  ],
  [
    'the result of a tool',
    chat({ messages: [...answered('{}').slice(0, 2), { role: 'tool', tool_call_id: 'call_1', content: secret }] }),
    '/messages/2/content',
  ],
  [
    "a tool's description",
    chat({
      tools: [{ type: 'function', function: { name: 'f', description: secret, parameters: { type: 'object' } } }],
    }),
    '/tools/0/function/description',
  ],
  [
    "a tool's schema",
    chat({
      tools: [
        {
          type: 'function',
          function: { name: 'f', parameters: { type: 'object', properties: { a: { enum: [AWS_KEY] } } } },
        },
      ],
    }),
    '/tools/0/function/parameters/properties/a/enum/0',
  ],
  ['a stop sequence', chat({ stop: [AWS_KEY] }), '/stop/0'],
  ['metadata', chat({ metadata: { ticket: AWS_KEY } }), '/metadata/ticket'],
  ['a field that nobody knows', chat({ novelty: { deep: [secret] } }), '/novelty/deep/0'],
  ['the name of a field that nobody knows', chat({ [AWS_KEY]: true }), '/*'],
  ['a participant', chat({ messages: [{ role: 'user', name: AWS_KEY, content: 'Hi' }] }), '/messages/0/name'],
  ['zero-width characters between its own', turn(Array.from(AWS_KEY).join('\u200b')), '/messages/0/content'],
  [
    'full-width letters',
    turn(Array.from(AWS_KEY, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)).join('')),
    '/messages/0/content',
  ],
]

export const OTHERS: readonly (readonly [where: string, path: string, body: object, place: string])[] = [
  ['instructions', '/v1/responses', responses({ instructions: secret }), '/instructions'],
  ['the input', '/v1/responses', responses({ input: secret }), '/input'],
  [
    'an input item',
    '/v1/responses',
    responses({ input: [{ role: 'user', content: [{ type: 'input_text', text: secret }] }] }),
    '/input/0/content/0/text',
  ],
  [
    "a function's arguments",
    '/v1/responses',
    responses({
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: JSON.stringify({ note: secret }) },
        { type: 'function_call_output', call_id: 'c', output: 'x' },
      ],
    }),
    '/input/1/arguments/note',
  ],
  [
    "a function's output",
    '/v1/responses',
    responses({
      input: [
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: secret },
      ],
    }),
    '/input/1/output',
  ],
  ['a prompt', '/v1/completions', { model: 'clinic-small', prompt: ['Hi', secret] }, '/prompt/1'],
  ['a text to embed', '/v1/embeddings', { model: 'clinic-embed', input: [secret] }, '/input/0'],
  ['a text to moderate', '/v1/moderations', { model: 'clinic-small', input: secret }, '/input'],
  ['the system prompt', '/v1/messages', messages({ system: secret }), '/system'],
  ['a system block', '/v1/messages', messages({ system: [{ type: 'text', text: secret }] }), '/system/0/text'],
  ['a turn', '/v1/messages', messages({ messages: [{ role: 'user', content: secret }] }), '/messages/0/content'],
  [
    'a turn',
    '/anthropic/v1/messages',
    messages({ messages: [{ role: 'user', content: secret }] }),
    '/messages/0/content',
  ],
  [
    "a tool's input",
    '/v1/messages',
    messages({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { note: secret } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
      ],
    }),
    '/messages/1/content/0/input/note',
  ],
  [
    "a tool's result",
    '/v1/messages',
    messages({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: secret }] }],
        },
      ],
    }),
    '/messages/2/content/0/content/0/text',
  ],
  [
    'a document',
    '/v1/messages',
    messages({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: secret } },
            { type: 'text', text: 'Hi' },
          ],
        },
      ],
    }),
    '/messages/0/content/0/source/data',
  ],
  [
    'a turn to count',
    '/v1/messages/count_tokens',
    { model: 'claude-clinic', messages: [{ role: 'user', content: secret }] },
    '/messages/0/content',
  ],
]
