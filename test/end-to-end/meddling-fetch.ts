/** Somebody between a client and a gateway, who may alter whatever passes. */

/** What is left out passes as it is. */
export interface Meddling {
  /** The request's bytes on their way to the gateway. */
  readonly request?: (bytes: Uint8Array) => Uint8Array;
  /** Changes the headers of a request in place. */
  readonly requestHeaders?: (headers: Headers) => void;
  /** Told of every answer, of which it gets a copy. */
  readonly response?: (response: Response) => void;
  /** Comes in the place of every answer. */
  readonly replay?: Response;
  readonly status?: number;
  /** Changes the headers of an answer in place. */
  readonly headers?: (headers: Headers) => void;
  /** The answer's body, once it is whole. */
  readonly body?: (bytes: Uint8Array) => Uint8Array;
  /** Paths that nobody gets to see: they are a 404. */
  readonly hidden?: RegExp;
  /** Changes the checkpoint that the log shows. */
  readonly checkpoint?: (note: Uint8Array) => Uint8Array;
}

/** A `fetch` through that somebody. `asked`: the addresses that were asked. Questions about receipts and the log pass, unless they are named. */
export function meddlingFetch(meddling: Meddling, asked: string[]): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    // An SDK may fetch an empty `data:` address, to see whether forms can be sent.
    if (request.url.startsWith('http')) asked.push(request.url);
    const { pathname } = new URL(request.url);
    if (meddling.hidden?.test(pathname)) return new Response(null, { status: 404 });
    if (pathname === '/log/checkpoint' && meddling.checkpoint !== undefined) {
      const note = new Uint8Array(await (await fetch(request)).arrayBuffer());
      return new Response(new Uint8Array(meddling.checkpoint(note)));
    }
    if (request.method !== 'POST' || pathname.startsWith('/log/')) return fetch(request);
    const sent = new Uint8Array(await request.arrayBuffer());
    const body = meddling.request?.(sent) ?? sent;
    const sentHeaders = new Headers(request.headers);
    meddling.requestHeaders?.(sentHeaders);
    const got = await fetch(new Request(request, { headers: sentHeaders, body: new Uint8Array(body) }));
    meddling.response?.(got.clone());
    const response = meddling.replay?.clone() ?? got;
    const headers = new Headers(response.headers);
    meddling.headers?.(headers);
    return new Response(await altered(response, meddling), {
      status: meddling.status ?? response.status,
      headers,
    });
  };
}

async function altered(response: Response, { body }: Meddling) {
  if (body === undefined) return response.body;
  return new Uint8Array(body(new Uint8Array(await response.arrayBuffer())));
}

/** Sets these headers, or takes those away that are null. */
export function withHeaders(change: Readonly<Record<string, string | null>>): (headers: Headers) => void {
  return headers => {
    for (const [name, value] of Object.entries(change)) {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
    }
  };
}

/** The bytes with the last place of one text taken by another. Throws where it is not there. */
export function spliced(bytes: Uint8Array, text: string, other: string): Uint8Array {
  const before = new TextDecoder('latin1').decode(bytes);
  const at = before.lastIndexOf(text);
  if (at < 0) throw new Error(`there is no ${text}`);
  return Uint8Array.from(Buffer.from(before.slice(0, at) + other + before.slice(at + text.length), 'latin1'));
}
