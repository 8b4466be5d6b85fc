/** What clients ask and hosts answer, in words of no API: each client and each host of the behaviour suite puts it into its own. */

/** What not every client, or not every pair of dialects, can do. */
export type Feature =
  | 'tools'
  | 'structured output'
  | 'images'
  | 'files'
  | 'reasoning'
  | 'logprobs'
  | 'refusals';

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: { readonly type: 'object'; readonly [name: string]: unknown };
}

export interface Call {
  readonly id: string;
  readonly name: string;
  /** Its JSON is canonical as it stands, so that every dialect's form of it is the same text. */
  readonly input: Readonly<Record<string, number | string>>;
}

export interface Question {
  readonly text: string;
  readonly instructions?: string;
  /** A PNG, in base64. */
  readonly image?: string;
  /** A PDF, in base64. */
  readonly file?: string;
  readonly tools?: readonly Tool[];
  /** An earlier turn in which tools were called, and the result of each. */
  readonly earlier?: readonly { readonly call: Call; readonly result: string }[];
  /** The form that the answer's JSON is to have. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly effort?: 'low';
  readonly logprobs?: true;
  readonly temperature?: number;
}

export type Finish = 'stop' | 'length' | 'calls' | 'refused';

export interface Counts {
  /** All of the prompt, what a cache had of it included. */
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  /** Of the completion, what the model thought. */
  readonly reasoning: number;
}

export interface Reply {
  readonly reasoning?: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly calls?: readonly Call[];
  /** The text is one token with this probability's logarithm. */
  readonly logprob?: number;
  readonly finish: Finish;
  readonly counts: Counts;
}

/** What an SDK gives to the application. */
export interface Seen {
  readonly reasoning: string;
  readonly text: string;
  readonly refusal: string;
  readonly calls: readonly Call[];
  readonly logprob: number | null;
  readonly finish: Finish | 'other';
  readonly counts: Counts | null;
}

/** A whole reply, as an SDK that leaves nothing of it out gives it. */
export function seenOf({
  reasoning = '',
  text = '',
  refusal = '',
  calls = [],
  logprob,
  ...rest
}: Reply): Seen {
  return { reasoning, text, refusal, calls, logprob: logprob ?? null, ...rest };
}

/** What a host says when it answers with an error. */
export interface HostError {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A text in pieces, as a stream brings it: words, and parts of long ones. */
export function pieces(text: string): string[] {
  return text.match(/ ?[^ ]{1,12}| /gu) ?? [];
}
