/** The surfaces that a receipt can name: each the path of an endpoint below its API's base, or in Google's API the name of a method. */
export const SURFACE_NAMES = [
  'chat/completions',
  'completions',
  'responses',
  'responses/input_tokens',
  'embeddings',
  'moderations',
  'images/generations',
  'audio/transcriptions',
  'messages',
  'messages/count_tokens',
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
] as const;

export type SurfaceName = (typeof SURFACE_NAMES)[number];

/** Whose API a surface is of. */
export type Dialect = 'openai' | 'anthropic' | 'google';
