// Whom the system says that this process belongs to. Not os.userInfo(): here it believes the variable USER, which anybody sets.
import { readFile } from 'node:fs/promises'

/** `root (uid 0)`; without a name where the system's own list has none, as in containers and directories. */
export async function systemUser(): Promise<string> {
  const uid = process.getuid?.()
  if (uid === undefined) return 'unknown'
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const row = users.split('\n').find((line) => line.split(':')[2] === String(uid))
  const name = row?.split(':')[0] ?? ''
  return /^[\w.-]{1,64}$/.test(name) ? `${name} (uid ${uid})` : `uid ${uid}`
}
