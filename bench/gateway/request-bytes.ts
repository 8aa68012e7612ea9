import type { Load } from './caller.ts'

/** A request for a chat completion, as it goes over the wire. */
export function requestBytes({ headers, body }: Pick<Load, 'headers' | 'body'>): Buffer {
  const fields = { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\nhost: gate.example\r\n${lines.join('')}\r\n${body}`)
}
