/** What an exchange can cost at most, before it begins, and what it has cost once it is over. */
import type { Outcome, Request } from '../../economy/admission.js';
import type { AnswerFacts, RequestFacts, Surface } from '../../exchange/surface.js';
import type { Upstream } from '../../exchange/upstream.js';
import type { Amount } from '../../receipt/price/money.js';
import type { LoggedList, PriceBook } from '../../receipt/price/price-book.js';
import { chargedBy, mostOf, priceOf, tierOf, totalOf } from '../../receipt/price/price-lines.js';
import type { Price, Receipt } from '../../receipt/receipt.js';
import type { Route, Target } from './routing/route.js';
import type { TriedUpstreams } from './tried-upstreams.js';

/** The price list in force, and how receipts refer to it. */
export interface Pricing {
  readonly book: PriceBook;
  readonly list: LoggedList;
}

/** What is known of an exchange that its price depends on. */
interface Exchange {
  readonly surface: Surface;
  readonly request: RequestFacts | null;
  readonly tried: TriedUpstreams;
  /** Null where the answer was not given before. */
  readonly cached: object | null;
}

/** How it has ended. */
interface Ended {
  readonly status: Receipt['response']['status'];
  readonly answer: AnswerFacts | null;
}

/** The tokens of an answer that a client has set no limit to. More than most answers have; what goes beyond is counted when it is known. */
const USUAL_ANSWER = 4096;

/** What a receipt says of the price. */
export function priceOfExchange(pricing: Pricing | null, facts: Exchange, { status, answer }: Ended): Price {
  const { surface, tried, request, cached } = facts;
  const last = tried.last;
  if (cached !== null) return { lines: null, reason: 'cached' };
  if (pricing === null) return { lines: null, reason: isOwn(tried.upstream) ? 'free' : 'no-price-list' };
  if (last === null) return { lines: null, reason: 'nothing-served' };
  return priceOf(pricing.book, pricing.list, {
    surface: surface.name,
    upstream: last.target.upstream.name,
    asked: last.target.model ?? request?.model ?? null,
    served: answer?.model ?? null,
    usage: answer?.usage ?? null,
    wasServed: last.sent !== null && status !== 'refused',
    hasAttachments: (request?.attachments.length ?? 0) > 0,
    hasImages: (answer?.images.length ?? 0) > 0,
    serviceTier: request === null ? undefined : tierOf(request),
  });
}

/** What an exchange has taken of its client's limits. */
export function outcomeOf(pricing: Pricing | null, facts: Exchange, ending: Ended): Outcome {
  const last = facts.tried.last;
  const hasRefused = ending.status === 'refused' || (last?.head?.status ?? 0) >= 400;
  if (last === null || last.sent === null || hasRefused) return { tokens: 0, cost: 0n };
  const usage = ending.answer?.usage ?? null;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage ?? {};
  const tokens = prompt === undefined && completion === undefined ? total : (prompt ?? 0) + (completion ?? 0);
  const isFree = chargedBy(facts.surface.name) === 'nothing';
  return {
    tokens: tokens ?? (isFree ? 0 : null),
    cost: costOf(priceOfExchange(pricing, facts, ending)),
  };
}

/** Whether what a target may answer has a price, as far as that is known before it does. */
export function hasPrice(
  pricing: Pricing | null,
  { name }: Surface,
  facts: RequestFacts,
  target: Target,
): boolean {
  return mostCost(pricing, chargedBy(name), facts, target, 0, 0) !== null;
}

/** What a request can come to at most. `length`: the bytes of its body; a token of text has at least one of them. */
export function requestOf(
  pricing: Pricing | null,
  { name }: Surface,
  facts: RequestFacts,
  { tiers }: Route,
  length: number,
): Request {
  const charged = chargedBy(name);
  const promptTokens = charged === 'nothing' ? 0 : length;
  const completionTokens = charged === 'nothing' || isWithoutAnswer(name) ? 0 : mostAnswered(facts);
  const [first, ...others] = tiers.flatMap(({ targets }) => targets) as [Target, ...Target[]];
  const nameOf = ({ upstream, model }: Target) => `${upstream.name}/${model ?? facts.model ?? ''}`;
  return {
    model: facts.model,
    targets: [nameOf(first), ...others.map(nameOf)],
    promptTokens,
    completionTokens,
    cost: [first, ...others]
      .map(target => mostCost(pricing, charged, facts, target, promptTokens, completionTokens))
      .reduce((most, cost) => (most === null || cost === null ? null : cost > most ? cost : most)),
  };
}

/** Null where there is no price. */
function mostCost(
  pricing: Pricing | null,
  charged: ReturnType<typeof chargedBy>,
  facts: RequestFacts,
  { upstream, model }: Target,
  prompt: number,
  completion: number,
): Amount | null {
  if (charged === 'nothing' || (pricing === null && isOwn(upstream))) return 0n;
  const priced = pricing?.book.find(upstream.name, model ?? facts.model, null) ?? null;
  if (priced === null || charged === 'otherwise') return null;
  return mostOf(priced, prompt, completion, {
    hasAttachments: facts.attachments.length > 0,
    serviceTier: tierOf(facts),
  });
}

function costOf(price: Price): Amount | null {
  const isNothing = price.lines === null && (price.reason === 'free' || price.reason === 'nothing-served');
  return isNothing ? 0n : totalOf(price);
}

const LIMITS = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'] as const;

/** Limits of which no receipt states what they are, and zero, which is no limit to some hosts, are as good as none. */
function mostAnswered({ parameters, unstated }: RequestFacts): number {
  const stated = LIMITS.flatMap(name => parameters[name] ?? []);
  const isOpen = stated.length === 0 || stated.includes(0) || LIMITS.some(name => unstated.includes(name));
  // Who states two limits means one of them, and each upstream goes by another.
  const most = Math.max(...stated, isOpen ? USUAL_ANSWER : 0);
  return most * Math.max(1, parameters.n ?? 1, parameters.best_of ?? 1);
}

function isWithoutAnswer(name: Surface['name']): boolean {
  return name === 'embeddings' || name === 'embedContent' || name === 'batchEmbedContents';
}

function isOwn(upstream: Upstream | null): boolean {
  return upstream?.origin === 'built-in:';
}
