/** A request on its way out: its exact bytes, because the receipt commits to them, and the way to send it with more headers. */

export interface Outgoing {
  readonly url: string;
  readonly body: Uint8Array;
  readonly signal: AbortSignal | null;
  send(fetch: typeof globalThis.fetch, extra: Readonly<Record<string, string>>): Promise<Response>;
}

/** The method and the address of what would be sent. The body is not touched. */
export function targetOf(
  input: string | URL | Request,
  init: RequestInit | undefined,
): { readonly method: string; readonly url: string } {
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
  if (input instanceof Request) return { method: method.toUpperCase(), url: input.url };
  // A page's addresses may be relative; a request knows to what.
  const url = URL.canParse(String(input)) ? String(input) : new Request(input).url;
  return { method: method.toUpperCase(), url };
}

/** Reads the body of what would be sent, once, whatever form it has. Rejects as `fetch` would for what cannot be sent. */
export async function readOutgoing(
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<Outgoing> {
  // Makes one form of the many that a body can have, and the media type that belongs to it.
  const request = new Request(input, init);
  const body = new Uint8Array(await request.arrayBuffer());
  const { method, url } = targetOf(input, init);
  return {
    url,
    body,
    signal: init?.signal ?? (input instanceof Request ? input.signal : null),
    send: (fetch, extra) => {
      const headers = new Headers(request.headers);
      for (const [name, value] of Object.entries(extra)) headers.set(name, value);
      // What else was asked for, a proxy for example, stays as it was.
      if (input instanceof Request) return fetch(new Request(request, { ...init, headers, body }));
      return fetch(input, { ...init, method, headers, body });
    },
  };
}
