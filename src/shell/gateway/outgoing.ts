/** A request as one target is sent it: with nothing in it that is to stay here, with the model by its name there, in the dialect that it speaks, and with no key that is not for it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestFacts, Surface } from '../../exchange/surface.js';
import { surfaceNamed } from '../../exchange/surfaces.js';
import { upstreamTarget } from '../../exchange/target.js';
import { translationFor } from '../../exchange/translate/translations.js';
import type { UpstreamRequest } from '../../exchange/upstream.js';
import { credentialsFor, keyIn } from './client-key.js';
import { HostAnswer } from './host-answer.js';
import { pickHeaders } from './pick-headers.js';
import type { RedactedRequest } from './redaction/redaction.js';
import type { Choice, Target } from './routing/route.js';

/** A request as the client made it. */
export interface ClientRequest {
  readonly surface: Surface;
  readonly facts: RequestFacts;
  readonly query: URLSearchParams;
  /** As it may leave. */
  readonly body: Uint8Array;
  /** What was taken out of the body; null where nothing was looked for. */
  readonly redaction: RedactedRequest | null;
  readonly contentType: string;
  /** What any upstream may learn of its headers, keys aside. */
  readonly headers: Readonly<Record<string, string>>;
  /** All of its headers, of which an upstream also learns those that mean something to its provider. */
  readonly received: IncomingHttpHeaders;
  /** The headers with the client's own key. */
  readonly credentials: Readonly<Record<string, string>>;
}

export interface Outgoing {
  readonly request: UpstreamRequest;
  /** The names of the changes between what came and what is sent. */
  readonly transforms: readonly string[];
  /** The surface that the host is asked at. */
  readonly host: Surface;
  /** For a host that speaks another API than the client; null where both speak the same. */
  readonly translation: HostAnswer | null;
}

const NO_QUERY = new URLSearchParams();

/**
 * `choice`: how the request came to this target. `now`: milliseconds since 1970. Throws `request/malformed` for a name that cannot be put
 * into the request, `request/untranslatable` and `request/number-inexact`. The upstream must be one that can be asked.
 */
export function outgoing(
  client: ClientRequest,
  { upstream, model }: Target,
  choice: Choice,
  now: number,
): Outgoing {
  const { surface, facts, query, body, redaction, contentType, headers, received, credentials } = client;
  const isRenamed = model !== null && model !== facts.model;
  const named = isRenamed ? surface.withModel(body, contentType, model) : body;
  const before = [...(redaction?.transforms ?? []), ...(isRenamed ? ['model-renamed'] : [])];
  const asked = model ?? facts.model;
  const special = {
    ...pickHeaders(received, upstream.provider?.clientHeaders ?? []),
    ...(upstream.givesReceipts ? { 'countersign-inline': 'large-receipt' } : {}),
  };
  const translation = translationFor(surface.name, name => upstream.serves(name));
  if (translation === null) {
    const request = {
      surface: surface.name,
      path: upstreamTarget(surface, asked, query),
      headers: { ...headers, ...special },
      credentials: credentialsFor(upstream, credentials, { choice, isTranslated: false }),
      key: null,
      body: named,
    };
    return { request, transforms: before, host: surface, translation: null };
  }
  const translated = translation.request(named, upstream.chatWords);
  const host = surfaceNamed(translation.to);
  const request = {
    surface: translation.to,
    path: upstreamTarget(host, asked, NO_QUERY),
    headers: { ...ofAnyApi(headers), ...translation.headers, ...special },
    credentials: {},
    key: keyIn(credentialsFor(upstream, credentials, { choice, isTranslated: true })),
    body: translated.body,
  };
  return {
    request,
    transforms: [...before, ...translated.transforms],
    host,
    translation: new HostAnswer(translated.newAnswer(now), host.newReader()),
  };
}

/** What means the same in every API; a translation is JSON, whatever it is of. */
function ofAnyApi(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { accept = '*/*', 'user-agent': agent, traceparent } = headers;
  return {
    'content-type': 'application/json',
    accept,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(agent === undefined ? {} : { 'user-agent': agent }),
  };
}
