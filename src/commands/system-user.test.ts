import { expect, test } from 'bun:test'
import { join } from 'node:path'

test('the user is the system’s word, whatever the environment says', async () => {
  const source = `
    const { systemUser } = await import(${JSON.stringify(join(import.meta.dir, 'system-user.ts'))})
    process.stdout.write(await systemUser())
  `
  const env = { USER: 'mallory', LOGNAME: 'mallory', SUDO_USER: 'mallory' }
  const child = Bun.spawn([process.execPath, '-e', source], { env, stdout: 'pipe' })
  const said = await new Response(child.stdout).text()
  expect(said).toEndWith(
    process.getuid?.() === undefined ? 'unknown' : `uid ${process.getuid()}${said.includes('(') ? ')' : ''}`,
  )
  expect(said).not.toContain('mallory')
})
