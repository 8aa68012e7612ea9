import { REASONS, type Refusal } from '#access/refusal.ts'

/** RFC 9457 problem details, for routes that belong to no model protocol. */
export function problem(refusal: Refusal, exchange: string): Response {
  const { field, message } = refusal.detail
  return Response.json(
    {
      type: `urn:sallyport:problem:${refusal.reason}`,
      status: refusal.status,
      title: REASONS[refusal.reason].title,
      detail: message,
      instance: `urn:sallyport:exchange:${exchange}`,
      ...(field === undefined ? {} : { errors: [{ pointer: field, detail: message }] }),
    },
    { status: refusal.status, headers: { 'content-type': 'application/problem+json' } },
  )
}
