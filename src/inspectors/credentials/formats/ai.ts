// Providers of models.
import { ALNUM, BASE64URL, chars, LETTER, LOWER_ALNUM, LOWER_HEX, WORD } from '#inspectors/credentials/chars.ts'
import type { Format } from '#inspectors/credentials/reading.ts'
import { notGlued, part, token } from '#inspectors/credentials/token.ts'

/** Every OpenAI key has the base64 of `OpenAI` in its middle. */
const openai = (anchor: string): Format =>
  token('openai-key', anchor, [part(BASE64URL, 40, 220)], { accept: (value) => value.includes('T3BlbkFJ') })

/** The gate's own kind: letters and digits only, and random ones are never of one sort. */
const isMixed = (value: string): boolean => /\d/.test(value.slice(3)) && /[a-z]/i.test(value.slice(3))

/** `sk-` alone is used by many: what follows has to be one long mixed word. */
const otherKey = (value: string): boolean =>
  /\d/.test(value) && /[a-z]/i.test(value.slice(3)) && !/x{5}|EXAMPLE/i.test(value)

export const AI: readonly Format[] = [
  openai('sk-proj-'),
  openai('sk-svcacct-'),
  openai('sk-admin-'),
  openai('sk-'),
  token('openai-key', 'sk-proj-', [part(BASE64URL, 100, 220)], { accept: otherKey, rank: 2 }),
  token('model-key', 'sk-', [part(ALNUM, 32, 64)], { accept: otherKey, rank: 4 }),
  token('openrouter-key', 'sk-or-v1-', [part(LOWER_HEX, 64)]),
  token('anthropic-key', 'sk-ant-api03-', [part(BASE64URL, 93)], { accept: (value) => value.endsWith('AA') }),
  token('anthropic-key', 'sk-ant-admin01-', [part(BASE64URL, 93)], { accept: (value) => value.endsWith('AA') }),
  token('anthropic-key', 'sk-ant-oat01-', [part(BASE64URL, 80, 110)]),
  token('anthropic-key', 'sk-ant-sid01-', [part(BASE64URL, 80, 120)]),
  token('huggingface-token', 'hf_', [part(LETTER, 34)], { accept: notGlued }),
  token('huggingface-token', 'hf_', [part(ALNUM, 34)], {
    accept: (value, reading, at) =>
      notGlued(value, reading, at) && /\d.*[A-Z]|[A-Z].*\d/.test(value) && !/Fake/.test(value),
    rank: 2,
  }),
  token('huggingface-token', 'api_org_', [part(LETTER, 34)], { accept: notGlued }),
  token('groq-key', 'gsk_', [part(ALNUM, 52)]),
  token('perplexity-key', 'pplx-', [part(ALNUM, 48)]),
  token('replicate-token', 'r8_', [part(BASE64URL, 37)]),
  token('xai-key', 'xai-', [part(ALNUM, 80)]),
  token('fireworks-key', 'fw_', [part(ALNUM, 22, 24)], { accept: (value) => /\d/.test(value) && /[A-Z]/.test(value) }),
  token('cerebras-key', 'csk-', [part(LOWER_ALNUM, 48)]),
  token('nvidia-key', 'nvapi-', [part(BASE64URL, 60, 70)]),
  token('langsmith-key', 'lsv2_pt_', [part(LOWER_HEX, 32), '_', part(LOWER_HEX, 10)]),
  token('langsmith-key', 'lsv2_sk_', [part(LOWER_HEX, 32), '_', part(LOWER_HEX, 10)]),
  token('tavily-key', 'tvly-', [part(chars('A-Z', 'a-z', '0-9', '-'), 32, 48)]),
  token('pinecone-key', 'pcsk_', [part(WORD, 60, 80)]),
  token('together-key', 'tgp_v1_', [part(BASE64URL, 43)]),
  token('sallyport-key', 'sp_', [part(ALNUM, 8, 64), '_', part(ALNUM, 32, 128)], {
    accept: (value, reading, at) => notGlued(value, reading, at) && isMixed(value),
  }),
  token('settlemint-token', 'sm_pat_', [part(ALNUM, 16)]),
  token('settlemint-token', 'sm_aat_', [part(ALNUM, 16)]),
  token('settlemint-token', 'sm_sat_', [part(ALNUM, 16)]),
]
