/** A request as one target is sent it: with nothing in it that is to stay here, with the model by its name there, in the dialect that it speaks, and with no key that is not for it. */
import type { RequestFacts, Surface } from '../../exchange/surface.js';
import { surfaceNamed } from '../../exchange/surfaces.js';
import { upstreamTarget } from '../../exchange/target.js';
import { translationFor } from '../../exchange/translate/translations.js';
import type { Upstream, UpstreamRequest } from '../../exchange/upstream.js';
import { HostAnswer } from './host-answer.js';
import type { RedactedRequest } from './redaction/redaction.js';
import type { Target } from './routing/route.js';

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
  /** What an upstream may learn of its headers, keys aside. */
  readonly headers: Readonly<Record<string, string>>;
  /** The headers with the client's own key. */
  readonly credentials: Readonly<Record<string, string>>;
}

export interface Outgoing {
  readonly request: UpstreamRequest;
  /** The names of the changes between what came and what is sent. */
  readonly transforms: readonly string[];
  /** For a host that speaks another API than the client; null where both speak the same. */
  readonly translation: HostAnswer | null;
}

const NO_QUERY = new URLSearchParams();

/** Whether an upstream can be asked this at all, be it in another dialect. */
export function canAsk(upstream: Upstream, { name }: Surface): boolean {
  return upstream.serves(name) || translationFor(name, surface => upstream.serves(surface)) !== null;
}

/**
 * `trusted`: whether the client's own key may go there. `now`: milliseconds since 1970. Throws `request/malformed` for a name that cannot be put
 * into the request, `request/untranslatable` and `request/number-inexact`. The upstream must be one that {@link canAsk}.
 */
export function outgoing(
  client: ClientRequest,
  { upstream, model }: Target,
  trusted: boolean,
  now: number,
): Outgoing {
  const { surface, facts, query, body, redaction, contentType, headers, credentials } = client;
  const isRenamed = model !== null && model !== facts.model;
  const named = isRenamed ? surface.withModel(body, contentType, model) : body;
  const before = [...(redaction?.transforms ?? []), ...(isRenamed ? ['model-renamed'] : [])];
  const asked = model ?? facts.model;
  const inline: Record<string, string> = upstream.givesReceipts
    ? { 'countersign-inline': 'large-receipt' }
    : {};
  const translation = translationFor(surface.name, name => upstream.serves(name));
  if (translation === null) {
    const request = {
      surface: surface.name,
      path: upstreamTarget(surface, asked, query),
      headers: { ...headers, ...inline },
      credentials: trusted ? credentials : {},
      key: null,
      body: named,
    };
    return { request, transforms: before, translation: null };
  }
  const translated = translation.request(named, upstream.chatWords);
  const host = surfaceNamed(translation.to);
  const request = {
    surface: translation.to,
    path: upstreamTarget(host, asked, NO_QUERY),
    headers: { ...ofAnyApi(headers), ...translation.headers, ...inline },
    credentials: {},
    key: trusted ? keyIn(credentials) : null,
    body: translated.body,
  };
  return {
    request,
    transforms: [...before, ...translated.transforms],
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

/** The key alone, in whichever header it came; null where there is none. */
export function keyIn(credentials: Readonly<Record<string, string>>): string | null {
  const [key] = Object.values(credentials);
  return key?.replace(/^Bearer +/i, '') ?? null;
}
