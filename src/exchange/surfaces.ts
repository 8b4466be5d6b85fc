/** The table of surfaces: what the gateway serves. */
import { COUNT_TOKENS } from './anthropic/count-tokens.js';
import { MESSAGES } from './anthropic/messages.js';
import { GENERATE_CONTENT, STREAM_GENERATE_CONTENT } from './gemini/content.js';
import { COUNT_CONTENT_TOKENS } from './gemini/count-tokens.js';
import { BATCH_EMBED_CONTENTS, EMBED_CONTENT } from './gemini/embed-content.js';
import { CHAT_COMPLETIONS } from './openai/chat-completions.js';
import { COMPLETIONS } from './openai/completions.js';
import { EMBEDDINGS } from './openai/embeddings.js';
import { IMAGE_GENERATIONS } from './openai/image-generations.js';
import { INPUT_TOKENS } from './openai/input-tokens.js';
import { MODERATIONS } from './openai/moderations.js';
import { RESPONSES } from './openai/responses.js';
import { TRANSCRIPTIONS } from './openai/transcriptions.js';
import type { Surface } from './surface.js';
import type { SurfaceName } from './surface-names.js';
import { modelInPath, namesModel } from './target.js';

export const SURFACES: readonly Surface[] = [
  CHAT_COMPLETIONS,
  COMPLETIONS,
  RESPONSES,
  INPUT_TOKENS,
  EMBEDDINGS,
  MODERATIONS,
  IMAGE_GENERATIONS,
  TRANSCRIPTIONS,
  MESSAGES,
  COUNT_TOKENS,
  GENERATE_CONTENT,
  STREAM_GENERATE_CONTENT,
  COUNT_CONTENT_TOKENS,
  EMBED_CONTENT,
  BATCH_EMBED_CONTENTS,
];

const BY_NAME: ReadonlyMap<SurfaceName, Surface> = new Map(SURFACES.map(surface => [surface.name, surface]));

export function surfaceNamed(name: SurfaceName): Surface {
  return BY_NAME.get(name) as Surface;
}

/** Each surface whose path names no model, by its whole path. */
const BY_PATH: ReadonlyMap<string, Surface> = new Map(
  SURFACES.filter(surface => !namesModel(surface)).map(surface => [surface.base + surface.path, surface]),
);
/** The others, with each place where they are. */
const NAMING_MODELS = SURFACES.filter(namesModel).flatMap(surface =>
  [surface.base, ...surface.otherBases].map(base => ({ surface, place: { base, path: surface.path } })),
);

/** The surface at a path, percent-encoded as it came, and the model that the path names, decoded; null where there is none. */
export function surfaceAt(path: string): { readonly surface: Surface; readonly model: string | null } | null {
  const surface = BY_PATH.get(path);
  if (surface !== undefined) return { surface, model: null };
  for (const { surface, place } of NAMING_MODELS) {
    const model = modelInPath(place, path);
    if (model !== null) return { surface, model };
  }
  return null;
}
