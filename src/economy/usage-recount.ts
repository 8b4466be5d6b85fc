/**
 * The tokens of an exchange counted again, with a tokenizer that the model's maker has published. What comes out is a claim and never a fault: a model
 * thinks without showing it, and templates put tokens around what was written, neither of which anybody outside can count.
 */
import { fromUtf8 } from '../bytes/octets.js';
import type { Usage } from '../exchange/parameters.js';
import { EventSplitter, eventData } from '../exchange/server-sent-events.js';
import type { Receipt } from '../receipt/receipt.js';

export const ENCODINGS = ['o200k_base', 'cl100k_base'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Null where the tokens cannot be counted, and why. */
export type Counted = { readonly tokens: number } | { readonly tokens: null; readonly why: string };

export interface UsageClaim {
  readonly about: 'usage-recount';
  /** `unknown` where nothing could be counted. */
  readonly status: 'asserted' | 'unknown';
  readonly source: 'recount';
  readonly encoding: Encoding | null;
  readonly prompt: Recounted;
  readonly completion: Recounted;
}

export type Recounted = Counted & {
  /** What the receipt says; null where it does not. */
  readonly stated: number | null;
  /** Stated less counted; null where one of them is not known. */
  readonly difference: number | null;
};

/** More would keep a tokenizer busy for long. In UTF-16 units. */
const MOST_TEXT = 1 << 20;
/** A tokenizer's time grows with the square of what it takes for one word: nobody writes such a one but to keep it busy. */
const ENDLESS_WORD = /[\p{L}\p{M}]{1001}|[^\s\p{L}\p{N}]{1001}|\s{1001}/u;
/** Of an answer's events. */
const MOST_EVENT = 4 << 20;

/** The published encoding of a model, by the form of its name; null for one of which none is known. */
export function encodingOf(model: string): Encoding | null {
  const name = model.slice(model.lastIndexOf('/') + 1);
  if (/^(?:gpt-4o|gpt-4\.[1-9]|gpt-5|chatgpt-4o|o[1-9])/.test(name)) return 'o200k_base';
  return /^gpt-(?:4|3\.5)/.test(name) ? 'cl100k_base' : null;
}

/**
 * Counts request and answer again. Both are hostile, and known to be those of the receipt. `count`: how many tokens a text has in an encoding, whatever stands in it.
 */
export function recountUsage(
  receipt: Receipt,
  request: Uint8Array,
  answer: Uint8Array,
  count: (encoding: Encoding, text: string) => number,
): UsageClaim {
  const encoding = encodingIn(receipt);
  const { usage } = receipt.response;
  const prompt =
    encoding === null
      ? unknown('no tokenizer is published for the model')
      : countPrompt(receipt, request, text => count(encoding, text));
  const completion =
    encoding === null ? prompt : countCompletion(receipt, answer, text => count(encoding, text));
  const isAny = prompt.tokens !== null || completion.tokens !== null;
  return {
    about: 'usage-recount',
    status: isAny ? 'asserted' : 'unknown',
    source: 'recount',
    encoding,
    prompt: compared(prompt, usage, 'prompt_tokens'),
    completion: compared(completion, usage, 'completion_tokens'),
  };
}

function compared(
  counted: Counted,
  usage: Usage | null,
  member: 'prompt_tokens' | 'completion_tokens',
): Recounted {
  const stated = usage?.[member] ?? null;
  const difference = counted.tokens === null || stated === null ? null : stated - counted.tokens;
  return { ...counted, stated, difference };
}

function unknown(why: string): Counted {
  return { tokens: null, why };
}

/** By what the upstream says it has served, or else what was asked for. */
function encodingIn({ model, request }: Receipt): Encoding | null {
  if ((request.surface ?? 'chat/completions') !== 'chat/completions') return null;
  for (const name of [model.served, model.requested]) {
    const encoding = name !== null && 'name' in name ? encodingOf(name.name) : null;
    if (encoding !== null) return encoding;
  }
  return null;
}

type Count = (text: string) => number;

/** What the chat template puts around each message, and in front of the answer. Source: OpenAI's cookbook, "How to count tokens with tiktoken". */
const PER_MESSAGE = 3;
const PER_NAME = 1;
const BEFORE_ANSWER = 3;

/** Members that put into the prompt what nobody outside sees. */
const HIDDEN = ['tools', 'functions', 'response_format', 'audio', 'prediction', 'web_search_options'];

function countPrompt(receipt: Receipt, request: Uint8Array, count: Count): Counted {
  if (receipt.request.transforms.some(name => name !== 'model-renamed'))
    return unknown('the upstream was sent other words');
  const asked = parsed(fromUtf8(request));
  const messages = asked?.messages;
  if (asked === null || !Array.isArray(messages)) return unknown('the request has no messages');
  if (HIDDEN.some(member => asked[member] !== undefined && asked[member] !== null))
    return unknown('tools or formats are part of the prompt in a form that is not published');
  const texts: string[] = [];
  let tokens = BEFORE_ANSWER;
  for (const message of messages) {
    const { role, content, name, ...rest } = objectOf(message) ?? {};
    const text = textOf(content);
    if (typeof role !== 'string' || text === null || Object.keys(rest).length > 0)
      return unknown('a message is not text alone');
    tokens += PER_MESSAGE + (typeof name === 'string' ? PER_NAME : 0);
    texts.push(role, text, ...(typeof name === 'string' ? [name] : []));
  }
  return withTexts(tokens, texts, count);
}

function countCompletion({ response }: Receipt, answer: Uint8Array, count: Count): Counted {
  if ((response.usage?.reasoning_tokens ?? 0) > 0)
    return unknown('the model has thought, which is not shown');
  const texts = answerTexts(answer);
  return texts === null ? unknown('the answer is not text alone') : withTexts(0, texts, count);
}

function withTexts(tokens: number, texts: readonly string[], count: Count): Counted {
  if (texts.reduce((sum, { length }) => sum + length, 0) > MOST_TEXT)
    return unknown('there is too much of it');
  if (texts.some(text => ENDLESS_WORD.test(text))) return unknown('a word in it has no end');
  return { tokens: texts.reduce((sum, text) => sum + count(text), tokens) };
}

/** The text of each choice; null where there is something else in one. */
function answerTexts(bytes: Uint8Array): readonly string[] | null {
  const whole = parsed(fromUtf8(bytes));
  const texts = new Map<unknown, string>();
  const parts = whole === null ? streamParts(bytes) : [whole];
  if (parts === null) return null;
  for (const { choices } of parts) {
    if (!Array.isArray(choices)) continue;
    for (const choice of choices) {
      const { index, message, delta } = objectOf(choice) ?? {};
      const { content, role: _, refusal, ...rest } = objectOf(message ?? delta) ?? {};
      const isMore = Object.values(rest).some(
        value => value !== null && !(Array.isArray(value) && value.length === 0),
      );
      if (isMore || (refusal !== undefined && refusal !== null)) return null;
      if (content === undefined || content === null) continue;
      if (typeof content !== 'string') return null;
      texts.set(index, (texts.get(index) ?? '') + content);
    }
  }
  return [...texts.values()];
}

/** What each event of a stream holds; null where one holds no object. */
function streamParts(bytes: Uint8Array): Record<string, unknown>[] | null {
  const parts: Record<string, unknown>[] = [];
  const splitter = new EventSplitter(MOST_EVENT);
  for (const { event } of splitter.push(bytes)) {
    const data = event === null ? '' : (fromUtf8(eventData(event)) ?? '{');
    if (data === '' || data === '[DONE]') continue;
    const part = parsed(data);
    if (part === null) return null;
    parts.push(part);
  }
  return parts;
}

function parsed(text: string | null): Record<string, unknown> | null {
  try {
    return objectOf(JSON.parse(text ?? ''));
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** Text, or parts that are all text. */
function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const texts = content.map(part => {
    const { type, text } = objectOf(part) ?? {};
    return type === 'text' && typeof text === 'string' ? text : null;
  });
  return texts.includes(null) ? null : texts.join('');
}
