/** What a translation adds or leaves out beside saying the same in other words: each has a name, so that a receipt can tell. */
export type Transform =
  /** Anthropic's API needs a limit where OpenAI's has none: {@link DEFAULT_MAX_TOKENS}. */
  | 'max-tokens-default'
  /** What a model thought in an earlier turn, without the signature that its host would need, or for a host that could not read it. */
  | 'reasoning-omitted'
  /** How closely to look at an image. */
  | 'image-detail-omitted'
  /** How quickly to answer, and for which price. */
  | 'service-tier-omitted'
  /** By what the client tells its own users apart, for a host that takes no such text, or none of that length. */
  | 'user-omitted'
  /** How much effort to make, beside thinking that is switched off, or for a model that could not be told here. */
  | 'effort-omitted'
  /** `xhigh` as `high`, for models that do not know the first. */
  | 'effort-lowered'
  /** That a tool has failed, which OpenAI's dialect can only say in the result's text. */
  | 'tool-error-as-text'
  /** Images in the result of a tool, which are text alone in OpenAI's dialect, are shown by the user after it. */
  | 'tool-image-as-user-part'
  /** A search of the web, which Codex offers with every request and can do without. */
  | 'web-search-omitted'
  /** Tools in a namespace, which OpenAI's chat completions do not have, are named after it, and what is said of it is said of each. */
  | 'tool-namespace-in-name';

/** The most tokens of an answer where a client of OpenAI's dialect has set no limit. */
export const DEFAULT_MAX_TOKENS = 8192;
