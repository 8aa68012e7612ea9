// The way out for identity: documents of OIDC issuers. GET, no credentials, no redirects.

export async function fetchJson(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    signal,
    redirect: 'manual',
    headers: { accept: 'application/json', 'user-agent': 'sallyport' },
  })
}
