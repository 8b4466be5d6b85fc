/**
 * The table of providers. An address, a key's variable or a surface that is missing here is added here and nowhere else; what is not in the
 * table can still be an upstream by its URL, and is then taken for a server of OpenAI's API.
 */
import { type ChatWords, COMMON_WORDS } from './chat-words.js';
import type { Provider } from './provider.js';
import type { SurfaceName } from './surface-names.js';

const CHAT: readonly SurfaceName[] = ['chat/completions'];
const CHAT_AND_EMBEDDINGS: readonly SurfaceName[] = [...CHAT, 'embeddings'];
/** What servers of open models commonly have of OpenAI's API. */
const OPEN_MODELS: readonly SurfaceName[] = [...CHAT_AND_EMBEDDINGS, 'completions'];
const OPENAI_WITHOUT_SOUND: readonly SurfaceName[] = [...OPEN_MODELS, 'responses', 'images/generations'];
/** Everything that OpenAI's API has here. */
export const OPENAI_SURFACES: readonly SurfaceName[] = [
  ...OPENAI_WITHOUT_SOUND,
  'responses/input_tokens',
  'moderations',
  'audio/transcriptions',
];
const MESSAGES: readonly SurfaceName[] = ['messages'];
/** Google's own. */
export const GOOGLE_SURFACES: readonly SurfaceName[] = [
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
];
export const ANTHROPIC_SURFACES: readonly SurfaceName[] = [...MESSAGES, 'messages/count_tokens'];

/** The version of Anthropic's API that this gateway was written for; a client's own goes before it. */
const ANTHROPIC_VERSION = { 'anthropic-version': '2023-06-01' };

/** Anthropic's API at a server that speaks OpenAI's as well, at the same base and with the same key. */
const alsoAnthropic = (base: string, surfaces: readonly SurfaceName[] = MESSAGES) =>
  ({ dialect: 'anthropic', base, keyHeader: 'authorization', surfaces, headers: ANTHROPIC_VERSION }) as const;

const openai = (base: string, surfaces: readonly SurfaceName[]) =>
  ({ dialect: 'openai', base, keyHeader: 'authorization', surfaces }) as const;

/** It refuses every member that its own API does not have, and tells what a stream has used without being asked. */
const MISTRAL_WORDS: ChatWords = {
  limit: 'max_tokens',
  refused: new Set(['reasoning_content', 'service_tier', 'stream_options', 'user']),
};

const PROVIDERS_LISTED: readonly Provider[] = [
  {
    name: 'openai',
    apis: [openai('https://api.openai.com/v1', OPENAI_SURFACES)],
    keyVariable: 'OPENAI_API_KEY',
    keyForm: /^sk-(?:(?:proj|svcacct|admin)-|[A-Za-z0-9]{20}T3BlbkFJ)/,
    listing: 'openai',
    // Others serve what is open of OpenAI's, and three digits are of Google's.
    publicModels:
      /^(?!gpt-oss|text-embedding-[0-9]{3}$)(?:gpt|chatgpt|codex|davinci|babbage|dall-e|whisper|tts|omni-moderation|text-embedding|text-moderation|o[0-9])[a-z0-9.-]{0,60}$/,
  },
  {
    name: 'anthropic',
    apis: [
      {
        dialect: 'anthropic',
        base: 'https://api.anthropic.com/v1',
        keyHeader: 'x-api-key',
        surfaces: ANTHROPIC_SURFACES,
        headers: ANTHROPIC_VERSION,
      },
    ],
    keyVariable: 'ANTHROPIC_API_KEY',
    keyForm: /^sk-ant-/,
    listing: 'anthropic',
    publicModels: /^claude-[a-z0-9.-]{1,60}$/,
    // 529 is `overloaded_error`.
    transient: [529],
  },
  {
    name: 'google',
    apis: [
      {
        dialect: 'google',
        base: 'https://generativelanguage.googleapis.com/v1beta',
        keyHeader: 'x-goog-api-key',
        surfaces: GOOGLE_SURFACES,
      },
      openai('https://generativelanguage.googleapis.com/v1beta/openai', [
        ...CHAT_AND_EMBEDDINGS,
        'images/generations',
      ]),
    ],
    keyVariable: 'GEMINI_API_KEY',
    keyForm: /^(?:AIza|AQ\.|ya29\.)/,
    listing: 'google',
    publicModels:
      /^(?:models\/)?(?:(?:gemini|gemma|imagen|learnlm)-[a-z0-9.-]{1,60}|text-embedding-[0-9]{3})$/,
  },
  {
    name: 'azure',
    apis: [
      {
        dialect: 'openai',
        base: '{AZURE_OPENAI_ENDPOINT}/openai/v1',
        keyHeader: 'api-key',
        surfaces: OPENAI_WITHOUT_SOUND,
      },
    ],
    keyVariable: 'AZURE_OPENAI_API_KEY',
    listing: 'openai',
    // A customer names deployments himself.
    publicModels: null,
  },
  {
    name: 'bedrock',
    apis: [openai('https://bedrock-runtime.{AWS_REGION}.amazonaws.com/openai/v1', CHAT)],
    keyVariable: 'AWS_BEARER_TOKEN_BEDROCK',
    listing: null,
    publicModels:
      /^(?:openai|deepseek|qwen|mistral|moonshot|minimax|google)\.[a-z0-9.-]{1,60}(?::[0-9]{1,2})?$/,
  },
  {
    name: 'mistral',
    apis: [openai('https://api.mistral.ai/v1', [...CHAT_AND_EMBEDDINGS, 'audio/transcriptions'])],
    keyVariable: 'MISTRAL_API_KEY',
    listing: 'openai',
    publicModels:
      /^(?:mistral|ministral|magistral|codestral|devstral|pixtral|voxtral|open-mi[sx]tral)-[a-z0-9.-]{1,60}$/,
    chatWords: MISTRAL_WORDS,
  },
  {
    name: 'groq',
    apis: [
      openai('https://api.groq.com/openai/v1', [...CHAT_AND_EMBEDDINGS, 'responses', 'audio/transcriptions']),
    ],
    keyVariable: 'GROQ_API_KEY',
    keyForm: /^gsk_/,
    listing: 'openai',
    publicModels: null,
    // 498: the flexible tier has no capacity.
    transient: [498],
  },
  {
    name: 'together',
    apis: [
      openai('https://api.together.xyz/v1', [...OPEN_MODELS, 'images/generations', 'audio/transcriptions']),
    ],
    keyVariable: 'TOGETHER_API_KEY',
    keyForm: /^tgp_v1_/,
    listing: 'openai',
    publicModels: null,
    chatWords: COMMON_WORDS,
  },
  {
    name: 'fireworks',
    apis: [
      openai('https://api.fireworks.ai/inference/v1', [...OPEN_MODELS, 'responses']),
      alsoAnthropic('https://api.fireworks.ai/inference/v1'),
    ],
    keyVariable: 'FIREWORKS_API_KEY',
    keyForm: /^fw_/,
    listing: 'openai',
    publicModels: null,
  },
  {
    name: 'deepseek',
    apis: [
      openai('https://api.deepseek.com/v1', [...CHAT, 'completions']),
      alsoAnthropic('https://api.deepseek.com/anthropic/v1'),
    ],
    keyVariable: 'DEEPSEEK_API_KEY',
    listing: 'openai',
    chatWords: COMMON_WORDS,
    publicModels: /^deepseek-[a-z0-9.-]{1,60}$/,
  },
  {
    name: 'xai',
    apis: [
      openai('https://api.x.ai/v1', [...CHAT, 'completions', 'responses', 'images/generations']),
      alsoAnthropic('https://api.x.ai/v1'),
    ],
    keyVariable: 'XAI_API_KEY',
    keyForm: /^xai-/,
    listing: 'openai',
    publicModels: /^grok-[a-z0-9.-]{1,60}$/,
  },
  {
    name: 'openrouter',
    apis: [
      openai('https://openrouter.ai/api/v1', [...OPEN_MODELS, 'responses']),
      alsoAnthropic('https://openrouter.ai/api/v1'),
    ],
    keyVariable: 'OPENROUTER_API_KEY',
    keyForm: /^sk-or-/,
    // By which it tells whose app it is that asks.
    clientHeaders: ['http-referer', 'x-title', 'x-openrouter-title', 'x-openrouter-categories'],
    listing: 'openai',
    publicModels: null,
  },
  {
    name: 'ollama',
    apis: [
      openai('http://127.0.0.1:11434/v1', [...OPEN_MODELS, 'responses']),
      alsoAnthropic('http://127.0.0.1:11434/v1'),
    ],
    keyVariable: null,
    listing: 'openai',
    chatWords: COMMON_WORDS,
    publicModels: null,
  },
  {
    name: 'vllm',
    apis: [
      openai('http://127.0.0.1:8000/v1', [...OPEN_MODELS, 'responses', 'audio/transcriptions']),
      alsoAnthropic('http://127.0.0.1:8000/v1'),
    ],
    keyVariable: 'VLLM_API_KEY',
    listing: 'openai',
    publicModels: null,
  },
  {
    name: 'llamacpp',
    apis: [
      openai('http://127.0.0.1:8080/v1', [...OPEN_MODELS, 'responses']),
      alsoAnthropic('http://127.0.0.1:8080/v1', ANTHROPIC_SURFACES),
    ],
    keyVariable: 'LLAMA_API_KEY',
    listing: 'openai',
    chatWords: COMMON_WORDS,
    publicModels: null,
  },
  {
    name: 'lmstudio',
    apis: [
      openai('http://127.0.0.1:1234/v1', [...OPEN_MODELS, 'responses']),
      alsoAnthropic('http://127.0.0.1:1234/v1'),
    ],
    keyVariable: null,
    listing: 'openai',
    chatWords: COMMON_WORDS,
    publicModels: null,
  },
  {
    name: 'countersign',
    apis: [
      openai('{COUNTERSIGN_UPSTREAM_URL}/v1', OPENAI_SURFACES),
      alsoAnthropic('{COUNTERSIGN_UPSTREAM_URL}/v1', ANTHROPIC_SURFACES),
      {
        dialect: 'google',
        base: '{COUNTERSIGN_UPSTREAM_URL}/v1beta',
        keyHeader: 'x-goog-api-key',
        surfaces: GOOGLE_SURFACES,
      },
    ],
    keyVariable: 'COUNTERSIGN_UPSTREAM_KEY',
    listing: 'openai',
    publicModels: null,
    givesReceipts: true,
  },
];

export const PROVIDERS: ReadonlyMap<string, Provider> = new Map(
  PROVIDERS_LISTED.map(provider => [provider.name, provider]),
);

const WITH_KEY_FORM = PROVIDERS_LISTED.filter(({ keyForm }) => keyForm !== undefined);

/** Whose a key plainly is; null for one that could be anybody's. `key`: alone, whatever a client has put there. */
export function providerOfKey(key: string): Provider | null {
  return WITH_KEY_FORM.find(({ keyForm }) => keyForm?.test(key)) ?? null;
}
