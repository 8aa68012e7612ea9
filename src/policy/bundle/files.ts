// Which files make up a bundle, read as one listing. What is not expected is refused rather than skipped: a policy file
// in `polices/`, or one called `.ceder`, would silently not forbid. Links are followed: mounted configuration is made of them.
import { constants } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { nearest, suggest } from './nearest.ts'
import { printKey, quote, type Report, WHOLE } from './problem.ts'
import { SETTINGS_FILE } from './settings.ts'

/** The files' exact text, by path with `/`. Decoding and encoding again gives the same bytes. */
export type BundleFiles = ReadonlyMap<string, string>

const FOLDERS: ReadonlyMap<string, RegExp> = new Map([
  ['policies', /\.cedar$/],
  ['cases', /\.yaml$/],
])
const LATER_FOLDERS: ReadonlySet<string> = new Set(['agents', 'prompts', 'judges'])
const TOP_NAMES = [SETTINGS_FILE, 'policies', 'cases']
const LARGEST_FILE = 16 * 2 ** 20

export async function readBundleFiles(directory: string, report: Report): Promise<BundleFiles> {
  const files = new Map<string, string>()
  for (const { name, isFolder } of await listing(directory)) {
    if (isNote(name)) continue
    const pattern = FOLDERS.get(name)
    if (isFolder && pattern) await readFolder(directory, name, { pattern, files, report })
    else if (!isFolder && name === SETTINGS_FILE) await readOne(directory, name, files, report)
    else if (LATER_FOLDERS.has(name))
      refuse(
        report,
        name,
        `\`${name}/\` is not supported yet`,
        'Remove it: this version would not do what it asks for.',
      )
  }
  return files
}

/**
 * Refuses what stands beside the bundle's own files, unless it holds a secret that the bundle refers to. Where that is
 * not known, only what is called almost like a part of a bundle.
 */
export async function refuseStrays(
  directory: string,
  secrets: readonly string[] | undefined,
  report: Report,
): Promise<void> {
  const own = new Set(secrets?.map((path) => relative(directory, path).split(sep)[0]))
  for (const { name, isFolder } of await listing(directory)) {
    const known = isFolder ? FOLDERS.has(name) : name === SETTINGS_FILE
    if (known || isNote(name) || LATER_FOLDERS.has(name) || own.has(name)) continue
    if (secrets === undefined && nearest(name, TOP_NAMES) === undefined) continue
    refuse(report, printKey(name), 'is not part of a bundle', suggest(name, TOP_NAMES))
  }
}

interface Listed {
  readonly name: string
  readonly isFolder: boolean
}

/** Sorted, so that problems come in one order. */
async function listing(directory: string): Promise<readonly Listed[]> {
  const names = (await readdir(directory)).sort()
  return Promise.all(names.map(async (name) => ({ name, isFolder: await isFolderAt(join(directory, name)) })))
}

async function isFolderAt(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/** Notes for people, and what tools keep beside files. */
const isNote = (name: string): boolean => name.startsWith('.') || name.endsWith('.md') || name.endsWith('~')

interface Folder {
  readonly pattern: RegExp
  readonly files: Map<string, string>
  readonly report: Report
}

async function readFolder(directory: string, folder: string, { pattern, files, report }: Folder): Promise<void> {
  for (const { name, isFolder } of await listing(join(directory, folder))) {
    if (isNote(name)) continue
    const path = `${folder}/${name}`
    const wanted = pattern.source.replace(/[\\$]/g, '')
    if (isFolder)
      refuse(report, path, 'is a folder', `Move its files up into ${folder}/: it is read without the folders in it.`)
    else if (pattern.test(name)) await readOne(directory, path, files, report)
    else refuse(report, path, `is not a ${wanted} file`, `Call it NAME${wanted}, or move it out of ${folder}/.`)
  }
}

async function readOne(directory: string, path: string, files: Map<string, string>, report: Report): Promise<void> {
  // Names stand in problems, hashes and audit entries: nothing in them may need an escape.
  if (!/^[\w./ -]{1,200}$/.test(path))
    return refuse(report, quote(path), 'has a name with unusual characters', 'Rename it.')
  const bytes = await readRegular(join(directory, path)).catch(() => undefined)
  if (!bytes) return refuse(report, path, 'cannot be read', 'Let the user that runs the gateway read it.')
  if (bytes === 'no file') return refuse(report, path, 'is not a regular file', 'Put a file there, or remove it.')
  if (bytes === 'too large') return refuse(report, path, 'is larger than 16 MiB', 'Split it.')
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refuse(report, path, 'begins with a byte order mark', 'Save it as UTF-8 without one.')
  }
  const text = decode(bytes)
  if (text === undefined) return refuse(report, path, 'is not UTF-8', 'Save it as UTF-8.')
  files.set(path, text)
}

/** Nothing but a file is read, and a pipe that nobody writes into is not waited for. */
async function readRegular(path: string): Promise<Uint8Array | 'no file' | 'too large'> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await file.stat()
    if (!found.isFile()) return 'no file'
    return found.size > LARGEST_FILE ? 'too large' : await file.readFile()
  } finally {
    await file.close()
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function refuse(report: Report, file: string, message: string, fix: string): void {
  report({ severity: 'error', file, ...WHOLE, path: '', message, fix })
}
