// A provider may send its headers at once and then think, or hang. Where somebody else could be asked instead, an answer
// counts from the first byte of its body.

/** The same body, once it has begun or ended. Rejects as the body does; whoever made the request gives it up in time. */
export async function begun(body: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const reader = body.getReader()
  let first: Awaited<ReturnType<typeof reader.read>> | undefined = await reader.read()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = first ?? (await reader.read())
        first = undefined
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is drawn before it is asked for: a slow reader slows the provider.
    { highWaterMark: 0 },
  )
}
