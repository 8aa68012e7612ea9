// OpenAI's moderations as the demo provider answers them: a category is found where its word stands in the text.
import { z } from 'zod'
import { askedFailure, deliverWhole } from '#demo/deliver.ts'
import { readDirectives } from '#demo/directives.ts'
import type { DemoProtocol, ModelCall } from '#demo/model-call.ts'
import { readBodyAs } from './openai-body.ts'
import { openAiError } from './openai-error.ts'

const part = z.looseObject({ type: z.enum(['text', 'image_url']), text: z.string().optional() })

const moderationRequest = z.looseObject({
  model: z.string().min(1).nullish(),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(part).min(1)]),
})

/** Each category with the word that tells of it, and whether an image could. */
const CATEGORIES: readonly (readonly [category: string, word: RegExp | null, image: boolean])[] = [
  ['harassment', /\bharass/i, false],
  ['harassment/threatening', /\bthreat/i, false],
  ['hate', /\bhate/i, false],
  ['hate/threatening', null, false],
  ['illicit', /\billicit/i, false],
  ['illicit/violent', null, false],
  ['self-harm', /\bself-harm/i, true],
  ['self-harm/intent', null, true],
  ['self-harm/instructions', null, true],
  ['sexual', /\bsexual/i, true],
  ['sexual/minors', null, false],
  ['violence', /\b(?:harm|violen|kill)/i, true],
  ['violence/graphic', null, true],
]

export const openAiModerations: DemoProtocol = {
  answer: answerModeration,
  refuse: (status, message) => openAiError({ status, message }),
}

async function answerModeration(call: ModelCall): Promise<Response> {
  const headers = { 'x-request-id': `req_demo_${call.number}` }
  const { request, problem } = readBodyAs(moderationRequest, call.body)
  if (problem) return openAiError(problem, headers)
  const inputs = inputsOf(request.input)
  const directives = readDirectives(inputs.at(-1)?.text ?? '')
  const failure = await askedFailure(directives, call)
  if (failure) return openAiError(failure, headers)
  const answer = {
    id: `modr-demo${call.number}`,
    model: request.model ?? 'omni-moderation-latest',
    results: inputs.map(moderate),
  }
  return deliverWhole([{ kind: 'piece', text: JSON.stringify(answer) }], { directives, call, headers })
}

interface Moderated {
  readonly text: string
  readonly image: boolean
}

/** Texts are judged one by one, the parts of one input together. */
function inputsOf(input: z.infer<typeof moderationRequest>['input']): readonly Moderated[] {
  if (typeof input === 'string') return [{ text: input, image: false }]
  const parts = input.filter((each) => typeof each !== 'string')
  if (parts.length > 0) {
    const text = parts.map((each) => each.text ?? '').join('\n')
    return [{ text, image: parts.some(({ type }) => type === 'image_url') }]
  }
  return input.flatMap((text) => (typeof text === 'string' ? [{ text, image: false }] : []))
}

function moderate({ text, image }: Moderated): object {
  const found = CATEGORIES.map(([name, word, seen]) => ({ name, is: word?.test(text) === true, seen }))
  const each = <T>(make: (one: (typeof found)[number]) => T) =>
    Object.fromEntries(found.map((one) => [one.name, make(one)]))
  return {
    flagged: found.some(({ is }) => is),
    categories: each(({ is }) => is),
    category_scores: each(({ is }) => (is ? 0.99 : 0.01)),
    category_applied_input_types: each(({ seen }) => [
      ...(text === '' ? [] : ['text']),
      ...(image && seen ? ['image'] : []),
    ]),
  }
}
