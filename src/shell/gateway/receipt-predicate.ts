/**
 * What a receipt says of an exchange that has ended.
 *
 * Everything that a client or an upstream has written is hostile here: it reaches the receipt as a number, as a word from a closed list,
 * as a name that the operator has listed, or else as a commitment.
 */
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { type AnswerImage, imageBytes } from '../../exchange/answer-image.js';
import type { Parameters } from '../../exchange/parameters.js';
import { isSubstitution } from '../../exchange/substitution.js';
import type { AnswerFacts } from '../../exchange/surface.js';
import { toolCallBytes } from '../../exchange/tool-call.js';
import type { Upstream, UpstreamHead } from '../../exchange/upstream.js';
import { nonceCommitment } from '../../receipt/nonce.js';
import { commit, type Label } from '../../receipt/opening.js';
import type { Attempt, Items, Receipt } from '../../receipt/receipt.js';
import { merkleRoot } from '../../tree/root.js';
import type { GatewayContext } from './context.js';
import type { Ending, ExchangeFacts } from './exchange-facts.js';
import { priceOfExchange } from './pricing.js';

/** How long after an exchange the log has to include its receipt, in milliseconds. */
const PROMISE = 3_600_000;
/** As many commitments as a receipt lists; beyond, one root stands for all. */
const MAX_LISTED_ITEMS = 32;

export function receiptPredicate(context: GatewayContext, facts: ExchangeFacts, ending: Ending): Receipt {
  return new PredicateWriter(context, facts).write(ending);
}

/** The commitment to a client's nonce; left out where the request has none. */
export function nonceMember(opening: Uint8Array, nonce: string | null): { readonly nonce?: string } {
  return nonce === null ? {} : { nonce: nonceCommitment(opening, nonce) };
}

class PredicateWriter {
  readonly #context: GatewayContext;
  readonly #facts: ExchangeFacts;

  constructor(context: GatewayContext, facts: ExchangeFacts) {
    this.#context = context;
    this.#facts = facts;
  }

  write(ending: Ending): Receipt {
    const { issuer, log, now } = this.#context;
    const completed = Math.max(now(), this.#facts.firstByte ?? this.#facts.received);
    const seen = this.#context.seen();
    // Names are in order throughout: what is so is written in half the time.
    return {
      attempts: this.#attempts(ending, completed),
      claims: this.#claims(ending),
      client: this.#facts.thread.client,
      counter: this.#facts.counter,
      epoch: this.#facts.thread.epoch,
      evidence: this.#evidence(),
      exchange: this.#facts.exchange,
      issuer: issuer.label,
      log: { deadline: completed + PROMISE, origin: log.origin },
      model: this.#model(ending.answer),
      policy: this.#facts.policy,
      previous: this.#facts.thread.previous,
      price: priceOfExchange(this.#context.pricing, this.#facts, ending),
      request: {
        attachments: this.#items('attachment', this.#facts.request?.attachments ?? []),
        complete: this.#facts.complete,
        ...nonceMember(this.#facts.opening, this.#facts.nonce),
        parameters: this.#parameters(),
        sent: this.#sent === null ? null : this.#commit('request/sent', this.#sent),
        surface: this.#facts.surface.name,
        transforms: [...this.#facts.transforms],
        ...this.#unstated(),
      },
      response: {
        ...(this.#facts.cached === null ? {} : { cached: { ...this.#facts.cached } }),
        finish: (ending.answer?.finish ?? [])
          .slice(0, MAX_LISTED_ITEMS)
          .map((reason, at) => this.#finish(reason, at)),
        http: ending.http,
        ...this.#images(ending.answer?.images ?? []),
        reason: ending.reason,
        ...(this.#facts.upstreamAnswer === null
          ? {}
          : { received: this.#commit('response/received', this.#facts.upstreamAnswer) }),
        status: ending.status,
        ...(this.#facts.answerTransforms.length > 0 ? { transforms: [...this.#facts.answerTransforms] } : {}),
        tools: this.#items('tool', (ending.answer?.toolCalls ?? []).map(toolCallBytes)),
        usage: ending.answer?.usage ?? null,
      },
      responsibility: this.#responsibility(),
      seen: { root: toHex(seen.root), size: seen.size },
      time: { clock: 'issuer', completed, firstByte: this.#facts.firstByte, received: this.#facts.received },
      upstream: this.#upstreamFacts(),
    };
  }

  #evidence(): Receipt['evidence'] {
    const { thread, received, tried } = this.#facts;
    const own = this.#context.attested?.namedBy(thread.epoch, received) ?? null;
    const evidence = tried.last?.receipt?.evidence ?? null;
    const shown = tried.shown.map(({ digest, mediaType, signedDigest, type }) => ({
      ...{ digest, mediaType, signedDigest, type },
    }));
    // Its own first: of what upstreams have shown there may be more than anybody looks at.
    return [...(own === null ? [] : [own]), ...shown, ...(evidence === null ? [] : [evidence.item])];
  }

  /** The upstream that was tried last. */
  get #upstream(): Upstream | null {
    return this.#facts.tried.upstream;
  }

  get #head(): UpstreamHead | null {
    return this.#facts.tried.last?.head ?? null;
  }

  get #sent(): Uint8Array | null {
    return this.#facts.tried.last?.sent ?? null;
  }

  #attempts({ status, reason }: Ending, completed: number): Attempt[] {
    return this.#facts.tried.attempts({ status, reason, completed }, this.#facts.request?.model ?? null, {
      name: (label, name) => this.#name(label, name, this.#context.names.isPublic(name)),
      sent: bytes => this.#commit('request/sent', bytes),
    });
  }

  #claims({ answer }: Ending): Receipt['claims'] {
    if (this.#sent === null) return [];
    const requested = this.#facts.request?.model ?? null;
    const served = answer?.model ?? null;
    const model: Receipt['claims'] =
      served === null
        ? [{ about: 'model', source: 'none', status: 'unknown' }]
        : [{ about: 'model', source: 'upstream', status: 'asserted' }];
    if (requested !== null && served !== null && isSubstitution(requested, served))
      model.push({ about: 'model/substituted', source: 'upstream', status: 'asserted' });
    return [
      { about: 'answer', source: 'none', status: 'unknown' },
      ...model,
      { about: 'place', source: 'issuer', status: 'asserted' },
    ];
  }

  #model(answer: AnswerFacts | null): Receipt['model'] {
    const { names } = this.#context;
    const requested = this.#facts.request?.model ?? null;
    const asked = this.#facts.tried.last?.target.model ?? requested;
    const served = answer?.model ?? null;
    return {
      digest: served === null ? null : (this.#upstream?.modelDigest(served) ?? null),
      requested:
        requested === null ? null : this.#name('model/requested', requested, names.isPublic(requested)),
      served: served === null ? null : this.#name('model/served', served, names.serves(asked, served)),
    };
  }

  #finish(reason: string, at: number): Receipt['response']['finish'][number] {
    return this.#name(`finish/${at}`, reason, this.#facts.host.finishReasons.has(reason));
  }

  #name(label: Label, name: string, isPublic: boolean): { name: string } | { commitment: string } {
    return isPublic ? { name } : { commitment: this.#commit(label, utf8(name)) };
  }

  #parameters(): Parameters {
    const { request } = this.#facts;
    if (request === null) return {};
    const hidden: ReadonlySet<string> = new Set(request.unstated);
    // An upstream applies no default of its own where the client has set something.
    const defaults = Object.entries(this.#upstream?.defaults ?? {}).filter(([name]) => !hidden.has(name));
    return { ...Object.fromEntries(defaults), ...request.parameters };
  }

  /** Left out where there are none. */
  #unstated(): Pick<Receipt['request'], 'unstated'> {
    const unstated = this.#facts.request?.unstated ?? [];
    return unstated.length === 0 ? {} : { unstated: [...unstated] };
  }

  #responsibility(): Receipt['responsibility'] {
    const operator = {
      key: this.#context.issuer.label,
      party: this.#context.operator,
      role: 'operator',
    } as const;
    const policyAuthor = {
      key: this.#context.issuer.label,
      party: this.#context.operator,
      role: 'policy-author',
    } as const;
    const { parties } = this.#facts;
    const stated = parties.map(({ role, party }) => ({ key: null, party, role }));
    const others = parties.some(({ role }) => role === 'policy-author') ? stated : [policyAuthor, ...stated];
    if (this.#upstream === null || this.#sent === null) return [operator, ...others];
    const host = {
      key: this.#head?.tlsSpki ?? null,
      party: hostOf(this.#upstream.origin),
      role: 'host',
    } as const;
    return [operator, host, ...others];
  }

  #upstreamFacts(): Receipt['upstream'] {
    if (this.#upstream === null || this.#sent === null) return null;
    const headers = this.#head?.headers ?? {};
    const requestId = headers['countersign-exchange'] ?? headers['request-id'] ?? headers['x-request-id'];
    return {
      origin: this.#upstream.origin,
      requestId: requestId === undefined ? null : this.#commit('upstream/request-id', utf8(requestId)),
      signature: null,
      tlsSpki: this.#head?.tlsSpki ?? null,
    };
  }

  /** Left out where the answer has none. */
  #images(images: readonly AnswerImage[]): { readonly images?: Items } {
    return images.length === 0 ? {} : { images: this.#items('image', images.map(imageBytes)) };
  }

  #items(kind: 'tool' | 'attachment' | 'image', items: readonly Uint8Array[]): Items {
    const commitments = items.map((item, at) => commit(this.#facts.opening, `${kind}/${at}`, item));
    if (commitments.length <= MAX_LISTED_ITEMS) return { commitments: commitments.map(toHex) };
    return { count: commitments.length, root: toHex(merkleRoot(commitments)) };
  }

  #commit(label: Label, bytes: Uint8Array): string {
    return toHex(commit(this.#facts.opening, label, bytes));
  }
}

/** Who ran the model, as far as the operator knows: the host that it asked. */
function hostOf(origin: string): string {
  return origin === 'built-in:' ? 'built-in engine' : origin.slice(origin.indexOf('//') + 2);
}
