// The demo's clinic as its callers see it: who they are, from demo.json, and how they ask.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const person = z.object({ token: z.string(), groups: z.array(z.string()) })

const demoFile = z.object({
  gateway: z.string(),
  control: z.string(),
  provider: z.string(),
  issuer: z.string(),
  people: z.object({ alice: person, bob: person, carol: person, erin: person }),
})

export type Demo = z.infer<typeof demoFile>

export const readDemo = async (home: string): Promise<Demo> =>
  demoFile.parse(JSON.parse(await readFile(join(home, 'demo.json'), 'utf8')))

export interface Asked {
  readonly status: number
  readonly text: string
  readonly exchange: string
}

/** On a connection of its own, so that several workers all get their share. */
export async function ask(
  demo: Demo,
  who: keyof Demo['people'],
  model: string,
  content = 'Good morning',
): Promise<Asked> {
  const response = await fetch(`${demo.gateway}/v1/chat/completions`, {
    method: 'POST',
    keepalive: false,
    headers: {
      authorization: `Bearer ${demo.people[who].token}`,
      'content-type': 'application/json',
      connection: 'close',
    },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  })
  const text = await response.text()
  return { status: response.status, text, exchange: response.headers.get('x-sallyport-exchange') ?? '' }
}
