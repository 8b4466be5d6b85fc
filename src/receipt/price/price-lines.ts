/** The price of one exchange, line by line: each is a whole quantity times an exact price, and together they are what it cost. */
import type { Parameters, UnstatedName, Usage } from '../../exchange/parameters.js';
import type { SurfaceName } from '../../exchange/surface-names.js';
import type { Price, PriceLine } from '../receipt.js';
import { type Amount, formatAmount, parseAmount } from './money.js';
import type { LoggedList, PriceBook, Priced, Share } from './price-book.js';
import type { ModelPrices, TokenPrices } from './price-list.js';

/** The tier that the client asked for; `unstated` for one that no receipt states, and that no list has a price of. */
export type ServiceTier = Parameters['service_tier'] | 'unstated';

/** What the price of an exchange depends on. All of it stands in its receipt, so that whoever has the list can reckon it again. */
export interface PricedExchange {
  readonly surface: SurfaceName;
  /** The upstream that was tried last, by its name in receipts. */
  readonly upstream: string;
  /** The model that it was asked for, and the one that it says has answered; null where that is open. */
  readonly asked: string | null;
  readonly served: string | null;
  readonly usage: Usage | null;
  /** Whether the upstream was sent anything, and did not refuse it. */
  readonly wasServed: boolean;
  readonly hasAttachments: boolean;
  /** Whether there are images in the answer. */
  readonly hasImages: boolean;
  readonly serviceTier: ServiceTier;
}

/** Who gets what the protocol takes: nobody, nothing. It is a line of every price so that it can be seen to be zero. */
export const PROTOCOL_LINE: PriceLine = {
  amount: '0',
  payee: 'protocol',
  quantity: 1,
  unitPrice: '0',
  what: 'protocol',
};

/** Counting tokens and moderation cost nothing at any of the providers; what images and transcripts cost is no matter of tokens alone. */
export function chargedBy(surface: SurfaceName): 'tokens' | 'nothing' | 'otherwise' {
  switch (surface) {
    case 'moderations':
    case 'responses/input_tokens':
    case 'messages/count_tokens':
    case 'countTokens':
      return 'nothing';
    case 'images/generations':
    case 'audio/transcriptions':
      return 'otherwise';
    default:
      return 'tokens';
  }
}

/** `request`: what a client has set, as it was read or as its receipt says it. */
export function tierOf(request: {
  readonly parameters: Parameters;
  readonly unstated?: readonly UnstatedName[];
}): ServiceTier {
  return request.unstated?.includes('service_tier') ? 'unstated' : request.parameters.service_tier;
}

/** The tiers that the list's prices are of. */
const USUAL_TIERS: ReadonlySet<ServiceTier> = new Set([undefined, 'auto', 'default', 'standard_only']);

const WHOLE = 10_000n;

/** `list`: how the receipt refers to the list that the book is made of. */
export function priceOf(book: PriceBook, list: LoggedList, exchange: PricedExchange): Price {
  const { surface, usage, wasServed } = exchange;
  if (chargedBy(surface) === 'nothing') return none('free');
  const priced = book.find(exchange.upstream, exchange.asked, exchange.served);
  if (priced !== null && isFree(priced.prices)) return none('free');
  if (!wasServed && usage === null) return none('nothing-served');
  if (priced === null) return none('not-listed');
  if (isBeyondTokens(exchange, priced.prices)) return none('not-priced');
  const counts = usage === null ? null : countsOf(usage);
  if (counts === null) return none('usage-unknown');
  if (!isPossible(counts)) return none('usage-contradictory');
  const tokens = tokenLines(exchange.upstream, counts, pricesFor(priced.prices, wholePrompt(counts)));
  const served = tokens.reduce((sum, { amount }) => sum + amount, 0n);
  const lines = [...tokens.map(({ line }) => line), ...priced.shares.map(share => shareLine(share, served))];
  return { currency: priced.currency, lines: [...lines, PROTOCOL_LINE], list };
}

/** The sum of a price's lines; null where there are none. */
export function totalOf(price: Price): Amount | null {
  if (price.lines === null) return null;
  return price.lines.reduce((sum, { amount }) => sum + (parseAmount(amount) as Amount), 0n);
}

/** What there is beside tokens that may leave an exchange without a price. */
export type Beside = Pick<PricedExchange, 'hasAttachments' | 'serviceTier'>;

const NOTHING_BESIDE: Beside = { hasAttachments: false, serviceTier: undefined };

/** The most that so many tokens can cost, whatever they turn out to be; null where they have no price. */
export function mostOf(
  { prices, shares }: Priced,
  prompt: number,
  completion: number,
  beside: Beside = NOTHING_BESIDE,
): Amount | null {
  if (isFree(prices)) return 0n;
  if (isBesideTokens(beside, prices)) return null;
  const { long, usual } = prices;
  const possible = long !== null && prompt > long.over ? [usual, long.prices] : [usual];
  const dearest = (kinds: readonly (keyof TokenPrices)[]) =>
    possible.flatMap(one => kinds.map(kind => one[kind])).reduce((most, one) => (one > most ? one : most));
  const served =
    BigInt(prompt) * dearest(['prompt', 'cached', 'cacheWrite']) +
    BigInt(completion) * dearest(['completion', 'reasoning']);
  return shares.reduce((sum, { basisPoints }) => sum + (served * BigInt(basisPoints)) / WHOLE, served);
}

function none(reason: Extract<Price, { lines: null }>['reason']): Price {
  return { lines: null, reason };
}

function isFree({ usual, long }: ModelPrices): boolean {
  return [usual, ...(long === null ? [] : [long.prices])].every(prices =>
    Object.values(prices).every(price => price === 0n),
  );
}

function isBeyondTokens(exchange: PricedExchange, prices: ModelPrices): boolean {
  return (
    chargedBy(exchange.surface) === 'otherwise' || exchange.hasImages || isBesideTokens(exchange, prices)
  );
}

function isBesideTokens({ hasAttachments, serviceTier }: Beside, { textOnly }: ModelPrices): boolean {
  return !USUAL_TIERS.has(serviceTier) || (textOnly && hasAttachments);
}

type Counts = Readonly<Record<keyof TokenPrices, number>>;

/** How many tokens of each kind; each token is of one. Null where the upstream counted nothing; a count below zero for one that cannot be. */
function countsOf(usage: Usage): Counts | null {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  if (prompt === undefined && completion === undefined) return null;
  const {
    cached_tokens: cached = 0,
    cache_written_tokens: cacheWrite = 0,
    reasoning_tokens: reasoning = 0,
  } = usage;
  return {
    prompt: (prompt ?? 0) - cached - cacheWrite,
    cached,
    cacheWrite,
    completion: (completion ?? 0) - reasoning,
    reasoning,
  };
}

/** More than any exchange has; it keeps every amount within what a receipt can write. */
const MOST_TOKENS = 1e12;

function isPossible(counts: Counts): boolean {
  return Object.values(counts).every(count => count >= 0 && count <= MOST_TOKENS);
}

function wholePrompt({ prompt, cached, cacheWrite }: Counts): number {
  return prompt + cached + cacheWrite;
}

function pricesFor({ usual, long }: ModelPrices, prompt: number): TokenPrices {
  return long !== null && prompt > long.over ? long.prices : usual;
}

/** In this order on every receipt. */
const WORDS: readonly (readonly [keyof TokenPrices, string])[] = [
  ['prompt', 'prompt-token'],
  ['cached', 'cached-token'],
  ['cacheWrite', 'cache-write-token'],
  ['completion', 'completion-token'],
  ['reasoning', 'reasoning-token'],
];

interface Reckoned {
  readonly line: PriceLine;
  readonly amount: Amount;
}

function tokenLines(payee: string, counts: Counts, prices: TokenPrices): Reckoned[] {
  return WORDS.flatMap(([kind, what]) =>
    counts[kind] === 0 ? [] : [reckoned(what, payee, counts[kind], prices[kind])],
  );
}

function shareLine({ what, payee, basisPoints }: Share, served: Amount): PriceLine {
  // The price of one basis point; exact, since token prices end four digits before an amount does.
  return reckoned(what, payee, basisPoints, served / WHOLE).line;
}

function reckoned(what: string, payee: string, quantity: number, unitPrice: Amount): Reckoned {
  const amount = BigInt(quantity) * unitPrice;
  return {
    amount,
    line: { amount: formatAmount(amount), payee, quantity, unitPrice: formatAmount(unitPrice), what },
  };
}
