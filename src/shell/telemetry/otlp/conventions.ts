/**
 * The names that OpenTelemetry's conventions for generative AI have for what a gateway knows. Source: the GenAI semantic conventions 0.1.0
 * (https://github.com/open-telemetry/semantic-conventions-genai), which are in development and may still change.
 */
import type { SurfaceName } from '../../../exchange/surface-names.js';

/** `gen_ai.operation.name`. Where the conventions have none, one in their manner. */
export const OPERATIONS: Readonly<Record<SurfaceName, string>> = {
  'chat/completions': 'chat',
  completions: 'text_completion',
  responses: 'chat',
  embeddings: 'embeddings',
  moderations: 'moderation',
  'images/generations': 'image_generation',
  'audio/transcriptions': 'transcription',
  'responses/input_tokens': 'count_tokens',
  messages: 'chat',
  'messages/count_tokens': 'count_tokens',
  generateContent: 'generate_content',
  streamGenerateContent: 'generate_content',
  countTokens: 'count_tokens',
  embedContent: 'embeddings',
  batchEmbedContents: 'embeddings',
};

/** `gen_ai.provider.name` of the upstreams of our table that the conventions know under another name. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['google', 'gcp.gemini'],
  ['azure', 'azure.ai.openai'],
  ['bedrock', 'aws.bedrock'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
]);

export function providerOf(upstream: string): string {
  return PROVIDERS.get(upstream) ?? upstream;
}

/** The buckets that the conventions ask for, in seconds and in tokens. */
export const DURATIONS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
export const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
] as const;
