import { expect, test } from 'bun:test'
import type { ProxyConfig } from '#policy/bundle/config.ts'
import { proxyLine, proxyTeller } from './listen-proxy.ts'

const ONE: ProxyConfig = { networks: ['10.0.0.1', '10.1.0.0/24'], address: 'x-forwarded-for', certificate: false }

test('it is told who is believed, where, and whether for certificates, too', () => {
  expect(proxyLine(undefined)).toBe("callers' addresses are those of their connections: no proxy is believed")
  expect(proxyLine(ONE)).toBe("callers' addresses are taken from x-forwarded-for where 10.0.0.1, 10.1.0.0/24 writes it")
  expect(proxyLine({ ...ONE, certificate: true })).toBe(
    "callers' addresses are taken from x-forwarded-for where 10.0.0.1, 10.1.0.0/24 writes it, and their certificates from client-cert",
  )
})

test('a change is told once, and a bundle that changes nothing of it is silent', () => {
  const said: string[] = []
  const tell = proxyTeller(ONE, (line) => void said.push(line))
  tell({ ...ONE })
  expect(said).toEqual([])
  tell({ ...ONE, networks: ['10.9.0.0/16'] })
  tell({ ...ONE, networks: ['10.9.0.0/16'] })
  tell(undefined)
  expect(said).toEqual([
    "callers' addresses are taken from x-forwarded-for where 10.9.0.0/16 writes it",
    "callers' addresses are those of their connections: no proxy is believed",
  ])
})
