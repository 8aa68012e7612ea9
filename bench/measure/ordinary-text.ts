// What an assistant's traffic is made of, in equal parts: prose, JSON and code. From this checkout, so that it is at hand.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const PART = 32_768

/** About this many characters, in turns of a few thousand of each sort. */
export function ordinaryText(length: number): string {
  const sorts = [filesOf('docs', '.md'), readFileSync(join(ROOT, 'package-lock.json'), 'utf8'), filesOf('src', '.ts')]
  let text = ''
  for (let turn = 0; text.length < length; turn += 1) {
    const sort = sorts[turn % sorts.length] ?? ''
    const from = (Math.floor(turn / sorts.length) * PART) % Math.max(1, sort.length - PART)
    text += sort.slice(from, from + PART)
  }
  return Buffer.from(text.slice(0, length)).toString()
}

function filesOf(folder: string, ending: string): string {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('.test.') && !name.includes('.fixture.'))
    .sort()
  let text = ''
  for (const name of names) {
    const path = join(ROOT, folder, name)
    if (text.length < 20 * PART && statSync(path).isFile()) text += readFileSync(path, 'utf8')
  }
  return text
}
