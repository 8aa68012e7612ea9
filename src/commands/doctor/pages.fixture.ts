// A network that is a list of pages, and a bundle in a directory of its own.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Look, Looked } from '#upstream/look.ts'
import type { Around, Finding } from './finding.ts'
import { type Parts, readParts } from './read-parts.ts'

export type Page =
  | {
      readonly status?: number
      readonly body?: unknown
      readonly headers?: Record<string, string>
      readonly ahead?: number
    }
  | Extract<Looked, { readonly ok: false }>

export interface Pages {
  readonly look: Look
  /** What was asked for, with its headers. */
  readonly asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> }[]
}

/** Whatever is not listed is 404. */
export function pagesOf(pages: Readonly<Record<string, Page>>): Pages {
  const asked: Pages['asked'][number][] = []
  return {
    asked,
    async look({ url, headers = {} }) {
      asked.push({ url, headers })
      const page = pages[url] ?? { status: 404, body: {} }
      if ('ok' in page) return page
      const bytes = new TextEncoder().encode(
        typeof page.body === 'string' ? page.body : JSON.stringify(page.body ?? {}),
      )
      return {
        ok: true,
        status: page.status ?? 200,
        headers: new Headers(page.headers),
        bytes,
        took: 7,
        ahead: page.ahead,
      }
    },
  }
}

export const around = (look: Look, environment: Around['environment'] = {}): Around => ({
  look,
  now: () => Date.UTC(2026, 0, 5, 12),
  environment,
})

export const SETTINGS = `public: https://gate.example
issuers:
  staff: { url: https://login.example.com, audience: sallyport, groups: groups }
teams:
  engineering: [staff:Engineering]
systems:
  assistants: { tier: 1, owner: platform@example.com }
providers:
  main: { kind: openai, url: https://llm.example/v1, credential: env:KEY }
models:
  small: { system: assistants, use: [main/gpt-small] }
`

/** `changes` are pairs of a text of SETTINGS and what stands in its place. */
export async function partsOf(...changes: readonly (readonly [string, string])[]): Promise<Parts> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'))
  const text = changes.reduce((all, [from, to]) => all.replace(from, to), SETTINGS)
  await writeFile(join(directory, 'sallyport.yaml'), text)
  const parts = await readParts(directory, () => true)
  if (!parts) throw new Error('the settings of this test cannot be read')
  return parts
}

/** `wrong issuer staff: …` */
export const told = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ verdict, check, subject, said }) => `${verdict} ${check} ${subject}: ${said}`)

export const fixes = (findings: readonly Finding[]): readonly (string | undefined)[] => findings.map(({ fix }) => fix)
