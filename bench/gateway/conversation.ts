// What is said in the measured cases. The control requests hold credentials, made here from parts: each is to be found on its
// way, or the figures are those of a gateway that looks at nothing.
export const PIECES = 64

/** Marks a control request, for the provider. */
export const CONTROL = 'benchcontrol'
/** An AWS access key id in a prompt; another in an answer. Neither was ever issued. */
export const SECRET = ['AKIA', 'Z7QLVX3NTR5JKD2M'].join('')
export const LEAK = ['AKIA', 'Q4WT6MHXPVB2NC7R'].join('')

export const backwards = (text: string): string => text.split('').toReversed().join('')

const WORDS = 'Please summarise this letter in two short sentences, and say what is to be done next. '
export const promptOf = (bytes: number): string => WORDS.repeat(Math.ceil(bytes / WORDS.length)).slice(0, bytes)

export type Model = 'clinic-small' | 'records-large'

/** A request of about so many bytes in all. */
export const bodyOf = (bytes: number, stream: boolean, model: Model): string =>
  bodyWith(promptOf(bytes - 90), stream, model)

export const controlBody = (stream: boolean, model: Model): string =>
  bodyWith(`${CONTROL} my key is ${SECRET} , is that bad?`, stream, model)

const bodyWith = (content: string, stream: boolean, model: Model): string =>
  JSON.stringify({ ...(stream ? { stream } : {}), model, messages: [{ role: 'user', content }] })

const chunkOf = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-b',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`

export const pieceOf = (content: string): string => chunkOf({ content }, null)
export const endOfStream = `${chunkOf({}, 'stop')}data: [DONE]\n\n`

export const answerJson = (content: string): string =>
  JSON.stringify({
    id: 'chatcmpl-b',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  })
