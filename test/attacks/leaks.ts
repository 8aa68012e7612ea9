// What the attacks on inspection share: credentials that open nothing, made at run time so that no scanner of this
// repository takes them for real ones, and what a caller and a provider saw of them.
import { expect } from 'bun:test'
import type { Rig } from '../rig.ts'

/** The id of an access key, in its issuer's form. */
export const AWS_KEY = ['AKIA', 'Z7VQ4XK2', 'M5RJT3NW'].join('')

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A prompt that makes the demo provider answer with a text that does not stand in the prompt. */
export const say = (text: string): string => `[[say64:${base64(text)}]]`

/** What the provider got, whole, of every request so far. */
export async function seenBy(rig: Pick<Rig, 'provider'>): Promise<string> {
  return (await fetch(`${rig.provider}/seen`)).text()
}

export const forget = async (rig: Pick<Rig, 'provider'>): Promise<void> => {
  await fetch(`${rig.provider}/seen`, { method: 'DELETE' })
}

/** The `data:` documents of an event stream, in order. */
export function eventsOf(stream: string): readonly unknown[] {
  return stream
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice('data: '.length)) as unknown)
}

/** Every string of a document whose path matches, in order. */
export function stringsAt(document: unknown, path: RegExp, at = ''): readonly string[] {
  if (typeof document === 'string') return path.test(at) ? [document] : []
  if (typeof document !== 'object' || document === null) return []
  return Object.entries(document).flatMap(([key, value]) => stringsAt(value, path, `${at}/${key}`))
}

/** No part of a credential longer than its public prefix stands in a text, however it is cut. */
export function expectNoPartOf(secret: string, text: string, visible = 4): void {
  for (let at = 0; at + visible + 4 <= secret.length; at++) {
    expect(text).not.toContain(secret.slice(at, at + visible + 4))
  }
}
