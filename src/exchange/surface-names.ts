/** The surfaces that a receipt can name: each the path of an endpoint below its API's base. */
export const SURFACE_NAMES = [
  'chat/completions',
  'completions',
  'responses',
  'embeddings',
  'moderations',
  'images/generations',
  'audio/transcriptions',
  'messages',
  'messages/count_tokens',
] as const;

export type SurfaceName = (typeof SURFACE_NAMES)[number];
