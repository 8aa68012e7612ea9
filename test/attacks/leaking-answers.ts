// Every place of an answer in which a credential could stand, by protocol: a script that puts it there, where findings name
// it, and what a caller reads in its place, whole and streamed.
import type { Script, Scriptable } from '../doubles/scripted-provider.ts'
import { AWS_KEY } from './leaks.ts'

export const secret = `It is ${AWS_KEY}. Keep it.`
export const redacted = 'It is [redacted: aws-access-key]. Keep it.'
export const chat = (...choices: Extract<Script, { protocol: 'openai-chat' }>['choices']): Scriptable => ({
  protocol: 'openai-chat',
  choices,
})
export const messages = (...content: Extract<Script, { protocol: 'anthropic-messages' }>['content']): Scriptable => ({
  protocol: 'anthropic-messages',
  content,
})
export const responses = (...output: Extract<Script, { protocol: 'openai-responses' }>['output']): Scriptable => ({
  protocol: 'openai-responses',
  output,
})

interface Leak {
  readonly where: string
  readonly script: Scriptable
  readonly place: string
  /** Where the caller reads it, of the whole answer and of the stream's events; and what they read there. */
  readonly whole: RegExp
  readonly pieces: RegExp
  readonly reads: string
}

export const LEAKS: readonly Leak[] = [
  {
    where: 'the text',
    script: chat({ content: secret }),
    place: '/choices/0/message/content',
    whole: /content$/,
    pieces: /delta\/content$/,
    reads: redacted,
  },
  {
    where: 'the second choice',
    script: chat({ content: 'Good morning' }, { content: secret }),
    place: '/choices/1/message/content',
    whole: /1\/message\/content$/,
    pieces: /NEVER/,
    reads: redacted,
  },
  {
    where: 'a refusal',
    script: chat({ refusal: secret }),
    place: '/choices/0/message/refusal',
    whole: /refusal$/,
    pieces: /delta\/refusal$/,
    reads: redacted,
  },
  {
    where: 'the reasoning',
    script: chat({ reasoning_content: secret }),
    place: '/choices/0/message/reasoning_content',
    whole: /reasoning_content$/,
    pieces: /delta\/reasoning_content$/,
    reads: redacted,
  },
  {
    where: "a tool's arguments",
    script: chat({ arguments: JSON.stringify({ note: secret }) }),
    place: '/choices/0/message/tool_calls/0/function/arguments/note',
    whole: /arguments$/,
    pieces: /arguments$/,
    reads: JSON.stringify({ note: redacted }),
  },
  {
    where: 'log-probabilities',
    script: chat({ content: 'Good morning', tokens: secret }),
    place: '/choices/0/logprobs/content',
    whole: /logprobs\/content\/\d+\/token$/,
    pieces: /logprobs\/content\/\d+\/token$/,
    reads: redacted,
  },
  {
    where: 'text with zero-width characters',
    script: chat({ content: `It is ${Array.from(AWS_KEY).join('\u200b')}. Keep it.` }),
    place: '/choices/0/message/content',
    whole: /content$/,
    pieces: /delta\/content$/,
    reads: redacted,
  },
  {
    where: 'the text',
    script: messages({ type: 'text', text: secret }),
    place: '/content/0/text',
    whole: /text$/,
    pieces: /delta\/text$/,
    reads: redacted,
  },
  {
    where: 'the second block',
    script: messages({ type: 'text', text: 'Good morning. ' }, { type: 'text', text: secret }),
    place: '/content/1/text',
    whole: /1\/text$/,
    pieces: /NEVER/,
    reads: redacted,
  },
  {
    where: "a tool's input",
    script: messages({ type: 'tool_use', id: 'toolu_1', name: 'f', input: { note: secret } }),
    place: '/content/0/input/note',
    whole: /note$/,
    pieces: /partial_json$/,
    reads: redacted,
  },
  {
    where: 'the text',
    script: responses({ type: 'message', text: secret }),
    place: '/output/0/content/0/text',
    whole: /text$/,
    pieces: /delta$/,
    reads: redacted,
  },
  {
    where: "a function's arguments",
    script: responses({ type: 'function_call', arguments: JSON.stringify({ note: secret }) }),
    place: '/output/0/arguments/note',
    whole: /arguments$/,
    pieces: /delta$/,
    reads: JSON.stringify({ note: redacted }),
  },
  {
    where: 'a summary of reasoning',
    script: responses({ type: 'reasoning', summary: secret, encrypted_content: 'c2VhbGVk' }),
    place: '/output/0/summary/0/text',
    whole: /text$/,
    pieces: /delta$/,
    reads: redacted,
  },
]
