import { describe, expect, test } from 'bun:test'
import type { ApplicationConfig } from '#policy/bundle/config.ts'
import { askingClient, redirectInWords } from './interaction-client.ts'

const application: ApplicationConfig = {
  name: 'helper',
  environment: 'test',
  use: 'x',
  redirects: [],
  users: ['org'],
  models: [],
  actions: [],
  networks: [],
}
const applications = new Map([['helper', application]])

describe('the client that people are told of', () => {
  test('is an application by what the bundle says, never by what it calls itself', () => {
    expect(askingClient(applications, { clientId: 'helper', clientName: 'Something else' })).toEqual({
      kind: 'application',
      name: 'helper',
      users: ['org'],
    })
    expect(askingClient(applications, { clientId: 'registered-x', clientName: 'helper' }).kind).toBe('program')
  })

  test('is a document by its host, which it cannot choose as it can its name', () => {
    const found = askingClient(applications, { clientId: 'https://evil.example/helper', clientName: 'helper' })
    expect(found).toEqual({ kind: 'document', name: 'helper', host: 'evil.example' })
  })

  test('is a document however its address is spelled', () => {
    for (const clientId of ['HTTPS://evil.example/client.json', 'https://EVIL.example/client.json']) {
      const found = askingClient(applications, { clientId, clientName: 'Claude Code' })
      expect(found).toEqual({ kind: 'document', name: 'Claude Code', host: 'evil.example' })
    }
  })

  test('has a name of one line, without what is not seen but changes what is', () => {
    const clientName = `Good\u202e\u200b\n\u0000 Program${'x'.repeat(100)}`
    const found = askingClient(applications, { clientId: 'registered-x', clientName })
    expect(found).toEqual({ kind: 'program', name: `Good Program${'x'.repeat(68)}` })
  })
})

test('where the answer goes is said in words that nobody can imitate by a host name', () => {
  expect(redirectInWords('http://127.0.0.1:53017/cb')).toBe('a program on this computer')
  expect(redirectInWords('http://[::1]:1/cb')).toBe('a program on this computer')
  expect(redirectInWords('https://app.example/cb')).toBe('app.example')
  expect(redirectInWords('https://127.evil.example/cb')).toBe('127.evil.example')
  expect(redirectInWords('com.example.app:/cb')).toBe('the program on this computer that opens com.example.app: links')
  expect(redirectInWords('nonsense')).toBe('an address that cannot be read')
})
