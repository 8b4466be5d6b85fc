/**
 * What the gateway needs of whoever answers: a provider, the built-in engine, another gateway.
 *
 * An upstream speaks the wire dialect of the surfaces in bytes, so that one path through the gateway serves all
 * of them and the receipt commits to what really passed.
 */
import type { Failure } from '../reason.js';
import type { ChatWords } from './chat-words.js';
import type { ModelCard } from './model-card.js';
import type { Provider } from './provider.js';
import type { SurfaceName } from './surface-names.js';

/** One request as it leaves the gateway. */
export interface UpstreamRequest {
  readonly surface: SurfaceName;
  /** The path below the API's base, with its query if it has one; for example `/chat/completions`. */
  readonly path: string;
  /** Lower-case names. The upstream adds what its transport needs (host, content-length). */
  readonly headers: Readonly<Record<string, string>>;
  /** The headers with the client's own key, for an upstream that the gateway has no key for; empty where it is not meant for this one. */
  readonly credentials: Readonly<Record<string, string>>;
  /** The client's key alone, where its headers are those of another API than this one. */
  readonly key: string | null;
  /** The exact bytes to send. */
  readonly body: Uint8Array;
  /** Whether they are sent although the upstream has not shown what it has to; never, where it is left out. */
  readonly unattested?: boolean;
}

export interface UpstreamHead {
  readonly status: number;
  /** Lower-case names; a header that came several times is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the TLS SubjectPublicKeyInfo that answered, hexadecimal; null where there is none. */
  readonly tlsSpki: string | null;
  /** By which evidence that key is the upstream's; left out where none was asked for. */
  readonly evidence?: readonly NamedEvidence[];
}

/** A piece of evidence as receipts name it. Digests in hexadecimal. */
export interface NamedEvidence {
  readonly type: string;
  readonly digest: string;
  readonly signedDigest: string;
  readonly mediaType: string;
}

/** What came of asking an upstream to show by evidence what it is. */
export type AttestationFinding =
  | { readonly status: 'attested'; readonly evidence: readonly NamedEvidence[] }
  | {
      readonly status: 'unattested';
      readonly failure: Failure;
      readonly evidence: readonly NamedEvidence[];
    };

/** An upstream that has to show by evidence what it is before it is sent anything. */
export interface Attesting {
  /** What is known now; null where nothing is, or no longer. */
  readonly finding: AttestationFinding | null;
  /** Asks where it is not known. Never rejects, and takes no longer than a connection may. */
  find(): Promise<AttestationFinding>;
}

/** Why an upstream gave no complete answer. */
export type UpstreamFailure =
  | { readonly kind: 'connect'; readonly detail: string }
  | { readonly kind: 'timeout'; readonly phase: 'connect' | 'first-token' | 'idle' }
  | { readonly kind: 'broken'; readonly detail: string }
  /** The connection was not to what the upstream has to be, and nothing was sent. */
  | { readonly kind: 'unattested'; readonly failure: Failure }
  | { readonly kind: 'aborted' };

/**
 * Receives an answer as it arrives: `head` once, `data` any number of times, then `end`; or `fail` at any
 * moment, after which nothing more comes. Never called synchronously from `send`.
 */
export interface UpstreamSink {
  head(head: UpstreamHead): void;
  data(chunk: Uint8Array): void;
  end(): void;
  fail(failure: UpstreamFailure): void;
}

/** The running transfer, for back-pressure and aborts. Every method may be called at any time, repeatedly. */
export interface Transfer {
  /** Whether the upstream may have got something of the request. */
  readonly sent: boolean;
  pause(): void;
  resume(): void;
  /** The answer has begun: from now on the upstream may be silent no longer than in the middle of one. Before, whoever asks sees to how long it waits. */
  limitSilence(): void;
  /** Stops the upstream's work now; the sink hears `fail({kind: 'aborted'})` unless it has already ended. */
  abort(): void;
}

export interface Upstream {
  /** A short stable name, for example `built-in`. It is signed into receipts. */
  readonly name: string;
  /** The origin that receipts state, for example `https://api.openai.com`, or `built-in:` for the engine. */
  readonly origin: string;
  /** Whose API it has, as far as that is in the table of providers; null for the engine, and for a server of which only the address is known. */
  readonly provider: Provider | null;
  /** Parameters that this upstream applies when a request is silent, where that is known. */
  readonly defaults: Readonly<Record<string, number | boolean | string>>;
  /** In which words a translation asks its chat completions. */
  readonly chatWords: ChatWords;
  /** Whether it gives receipts of its own, as another gateway does. */
  readonly givesReceipts: boolean;
  /** Left out, or null, where it is asked as it is. */
  readonly attestation?: Attesting | null;
  /** Whether it answers at a surface at all, as far as that is known here; who asks it for one that it does not serve is told by itself. */
  serves(surface: SurfaceName): boolean;
  /** Whether an answer with this HTTP status says that the same request may fare better a little later. */
  isTransient(status: number): boolean;
  send(request: UpstreamRequest, sink: UpstreamSink): Transfer;
  /** `credentials`: as in a request; empty for the list that everybody gets. Rejects when there is no list to be had. */
  models(credentials: Readonly<Record<string, string>>): Promise<readonly ModelCard[]>;
  /** The OpenSSF model-signing subject digest (hexadecimal) of a model's files, or null where unknown. */
  modelDigest(model: string): string | null;
  close(): Promise<void>;
}
