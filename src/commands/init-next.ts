// What to do once a bundle is written: start, ask, give an application a key.
import type { Chosen } from './init-files.ts'

export function nextLines(name: string, { kind, origin }: Pick<Chosen, 'kind' | 'origin'>): readonly string[] {
  const message = '"messages":[{"role":"user","content":"Good morning"}]'
  const [path, header, body] =
    kind === 'anthropic'
      ? ['/v1/messages', ` -H 'anthropic-version: 2023-06-01'`, `{"model":"small","max_tokens":100,${message}}`]
      : ['/v1/chat/completions', '', `{"model":"small",${message}}`]
  return [
    `sallyport start${name === 'bundle' ? '' : ` --bundle ${name}`}`,
    `curl -i ${origin}${path} -H "authorization: Bearer $TOKEN"${header} --json '${body}'`,
    'sallyport key create --help',
  ]
}
