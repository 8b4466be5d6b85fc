/**
 * A dated price list: what each upstream asks for the tokens of each model, and which shares come on top. `data/prices/list.json` is the one that
 * comes with the gateway; an operator's own file takes its place. Its digest is logged before the first exchange is priced by it.
 */
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize } from '../../bytes/json.js';
import { Count, Currency, Day, PublicName } from '../shapes.js';
import { type Amount, parseAmount } from './money.js';

/** A price per million tokens. With at most eight digits behind the point, the price of one token and any share of it are exact. */
const PerMillion = v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,8})?$/));

/** In hundredths of a percent of what the upstream gets. */
const BasisPoints = v.pipe(Count, v.maxValue(100_000));

const PRICES = {
  /** Tokens of the prompt that were read from a cache; as the rest of the prompt, where it is left out. */
  cached: v.exactOptional(PerMillion),
  /** Tokens of the prompt that were written to a cache; as the rest of the prompt, where it is left out. */
  cacheWrite: v.exactOptional(PerMillion),
  completion: PerMillion,
  prompt: PerMillion,
  /** Tokens of the completion that the model thought with; as the rest of it, where it is left out. */
  reasoning: v.exactOptional(PerMillion),
};
const Prices = v.strictObject(PRICES);
export type Prices = v.InferOutput<typeof Prices>;

const Entry = v.strictObject({
  /** The day on which these prices were read at their source. */
  asOf: Day,
  ...PRICES,
  /** Prices of all of an exchange whose prompt has more tokens than this. */
  longPrompt: v.exactOptional(v.strictObject({ ...PRICES, over: v.pipe(Count, v.minValue(1)) })),
  /** As the upstream is asked for them. */
  models: v.pipe(v.array(PublicName), v.minLength(1), v.maxLength(100)),
  /** Left out for what nobody publishes: the operator's own models. */
  source: v.exactOptional(v.pipe(v.string(), v.maxLength(512), v.regex(/^https:\/\/[!-~]+$/))),
  /** Set where images, sounds and files have prices of their own, which the count of tokens does not tell: an exchange with any is not priced. */
  textOnly: v.exactOptional(v.literal(true)),
  /** As receipts name it in `attempts`. */
  upstream: PublicName,
});
export type PriceEntry = v.InferOutput<typeof Entry>;

/** Also the source of `spec/schemas/prices.json`. */
export const PriceListSchema = v.strictObject({
  /** For whoever checks what was answered: a share of what the upstream gets. */
  audit: v.exactOptional(v.strictObject({ basisPoints: BasisPoints, payee: PublicName })),
  currency: Currency,
  dated: Day,
  entries: v.pipe(v.array(Entry), v.maxLength(10_000)),
  /** The operator's: a share of what the upstream gets. */
  margin: v.exactOptional(v.strictObject({ basisPoints: BasisPoints })),
});
export type PriceList = v.InferOutput<typeof PriceListSchema>;

/** SHA-256 of the list's canonical JSON, hexadecimal: how the log and receipts name it. */
export function priceListDigest(list: PriceList): string {
  return toHex(sha256(canonicalize(list)));
}

/** The first name that two entries of one upstream have, as `upstream/model`: which of the two prices holds nobody could say. Null where there is none. */
export function doubleName({ entries }: PriceList): string | null {
  const seen = new Set<string>();
  for (const { upstream, models } of entries) {
    for (const model of models) {
      const name = `${upstream}/${model}`;
      if (seen.has(name)) return name;
      seen.add(name);
    }
  }
  return null;
}

/** What one token of each kind costs. */
export interface TokenPrices {
  readonly prompt: Amount;
  readonly cached: Amount;
  readonly cacheWrite: Amount;
  readonly completion: Amount;
  readonly reasoning: Amount;
}

/** The prices of one model, and from which length of the prompt on others hold. */
export interface ModelPrices {
  readonly usual: TokenPrices;
  readonly long: { readonly over: number; readonly prices: TokenPrices } | null;
  readonly textOnly: boolean;
}

export function modelPrices({ longPrompt, textOnly, ...prices }: PriceEntry): ModelPrices {
  return {
    usual: tokenPrices(prices),
    long: longPrompt === undefined ? null : { over: longPrompt.over, prices: tokenPrices(longPrompt) },
    textOnly: textOnly === true,
  };
}

function tokenPrices({ prompt, completion, cached, cacheWrite, reasoning }: Prices): TokenPrices {
  return {
    prompt: perToken(prompt),
    cached: perToken(cached ?? prompt),
    cacheWrite: perToken(cacheWrite ?? prompt),
    completion: perToken(completion),
    reasoning: perToken(reasoning ?? completion),
  };
}

/** Without rest: the schema leaves so many digits. */
function perToken(perMillion: string): Amount {
  return (parseAmount(perMillion) as Amount) / 1_000_000n;
}
