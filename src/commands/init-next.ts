// What to do once a bundle is written: look whether it would work, start, ask, give an application a key.
import type { Chosen } from './init-files.ts'

export function nextLines(name: string, { kind, origin }: Pick<Chosen, 'kind' | 'origin'>): readonly string[] {
  const message = '"messages":[{"role":"user","content":"Good morning"}]'
  const [path, header, body] =
    kind === 'anthropic'
      ? ['/v1/messages', ` -H 'anthropic-version: 2023-06-01'`, `{"model":"small","max_tokens":100,${message}}`]
      : ['/v1/chat/completions', '', `{"model":"small",${message}}`]
  const bundle = name === 'bundle' ? '' : ` --bundle ${name}`
  return [
    `npx sallyport doctor${bundle}`,
    `npx sallyport start${bundle}`,
    '# $TOKEN is a token of your issuer, made out to this gateway; npx sallyport doctor --token FILE judges one',
    `curl -i ${origin}${path} -H "authorization: Bearer $TOKEN"${header} --json '${body}'`,
    'npx sallyport key create --help',
  ]
}
