// What the demo world's bundle lacks for a conformance run: a person who may have a provider act and remember, so that what
// the gate refuses by default is also seen to pass. It is carol, about whom the demo says nothing; alice stays as she is.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What everybody may name, though no answer of the provider made it. */
export const SHARED_FILE = 'file_conformance'
export const SHARED_CONTAINER = 'container_conformance'
export const SHARED_SKILL = 'skill_conformance'
export const SHARED_STORE = 'vs_conformance'
export const SHARED_PROMPT = 'pmpt_conformance'
export const SHARED_RESPONSE = 'resp_conformance'
export const SHARED_CONVERSATION = 'conv_conformance'

const SHARED = [
  SHARED_FILE,
  SHARED_CONTAINER,
  SHARED_SKILL,
  SHARED_STORE,
  SHARED_PROMPT,
  SHARED_RESPONSE,
  SHARED_CONVERSATION,
].join(', ')

const POLICY = `// Added by the conformance suite.
@id("conformance-carol-may-everything")
permit (
  principal == User::"carol",
  action,
  resource in System::"clinic"
);
`

const KINDS = ['{ kind: anthropic,', '{ kind: openai-compatible,']

/** Changes a demo world's bundle directory; it counts once the gateway has loaded it again. */
export async function addPermits(bundle: string): Promise<void> {
  await mkdir(join(bundle, 'policies'), { recursive: true })
  await writeFile(join(bundle, 'policies', 'conformance.cedar'), POLICY)
  const path = join(bundle, 'sallyport.yaml')
  let yaml = await readFile(path, 'utf8')
  for (const kind of KINDS) {
    if (!yaml.includes(kind)) throw new Error(`the demo's bundle has no provider that says ${kind}`)
    yaml = yaml.replace(kind, `${kind} shared: [${SHARED}],`)
  }
  await writeFile(path, yaml)
}
