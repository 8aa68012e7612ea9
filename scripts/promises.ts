// What the docs promise is kept by a test: every line of docs/guarantees.md cites one that exists, every promise that
// README.md and SECURITY.md mention is one of those lines, and every reason of a refusal has its page.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { REASONS } from '#access/refusal.ts'

/** `- **G-AUDIT-1** (LOG-07) Text. Kept by: [test/x.test.ts](../test/x.test.ts) "name of the test"`, on one line. */
const PROMISE = /^- \*\*(G-[A-Z]+-\d+)\*\* \(([^)]*)\) .+ Kept by: (.+)$/
const CITATION = /\[([^\]]+)\]\([^)]+\) "([^"]+)"/g

/** Everything that is wrong, as sentences. */
export function brokenPromises(root: string): readonly string[] {
  const text = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '')
  const lines = text('docs/guarantees.md').split('\n')
  const promised = new Set<string>()
  const wrong: string[] = []
  for (const line of lines.filter((each) => each.startsWith('- **'))) {
    const [, id = '', , citations = ''] = PROMISE.exec(line) ?? []
    if (id === '') wrong.push(`docs/guarantees.md: not a promise with its test: ${line.slice(0, 80)}`)
    else if (promised.has(id)) wrong.push(`docs/guarantees.md: ${id} stands twice`)
    else wrong.push(...unkept(id, citations, text))
    promised.add(id)
  }
  if (promised.size === 0) wrong.push('docs/guarantees.md promises nothing')
  for (const path of ['README.md', 'SECURITY.md']) {
    for (const [id] of text(path).matchAll(/G-[A-Z]+-\d+/g)) {
      if (!promised.has(id)) wrong.push(`${path}: ${id} is not in docs/guarantees.md`)
    }
  }
  return [...wrong, ...pages(root), ...deadLinks(root)]
}

function unkept(id: string, citations: string, text: (path: string) => string): readonly string[] {
  const cited = [...citations.matchAll(CITATION)]
  if (cited.length === 0) return [`${id} cites no test`]
  return cited.flatMap(([, path = '', name = '']) => {
    const source = text(path)
    if (source === '') return [`${id} cites ${path}, which is not there`]
    return testNames(source).has(name) ? [] : [`${id} cites ${path}, which has no test ${JSON.stringify(name)}`]
  })
}

/** The names that stand as the first argument of a test: not those in comments, nor of a test that may be skipped. */
function testNames(source: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [, quote = '', name = ''] of source.matchAll(TEST)) names.add(name.replaceAll(`\\${quote}`, quote))
  return names
}

const TEST = /^ *(?:test|test\.each(?:<[^>]*>)?\([\s\S]*?\))\(\s*(['"`])((?:\\.|(?!\1).)+)\1/gm

function pages(root: string): readonly string[] {
  const directory = join(root, 'docs/problems')
  const there = new Set(existsSync(directory) ? readdirSync(directory) : [])
  const missing = Object.keys(REASONS).filter((reason) => !there.has(`${reason}.md`))
  const stray = [...there].filter((page) => !Object.keys(REASONS).includes(page.replace(/\.md$/, '')))
  return [
    ...missing.map((reason) => `docs/problems/${reason}.md is missing`),
    ...stray.map((page) => `docs/problems/${page} is about no reason`),
  ]
}

/** Links between our own pages that lead nowhere. */
function deadLinks(root: string): readonly string[] {
  const docs = join(root, 'docs')
  const below = existsSync(docs) ? readdirSync(docs, { recursive: true, encoding: 'utf8' }) : []
  const listed = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...below.map((path) => join('docs', path))]
  return listed
    .filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
    .flatMap((path) => {
      const links = readFileSync(join(root, path), 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)
      const dead = [...links].filter(([, link = '']) => !existsSync(join(root, dirname(path), link)))
      return dead.map(([, link]) => `${path} links to ${link}, which is not there`)
    })
}

if (import.meta.main) {
  const wrong = brokenPromises(`${import.meta.dir}/..`)
  for (const line of wrong) console.error(line)
  console.log(`promises: ${wrong.length} broken`)
  process.exitCode = wrong.length === 0 ? 0 : 1
}
