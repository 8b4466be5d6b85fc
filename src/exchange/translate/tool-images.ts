/** Images in the result of a tool, for OpenAI's chat completions, where such a result is text alone: the user shows them after all results. */
import type { Transform } from './transforms.js';

type Part = { readonly type: string; readonly [name: string]: unknown };

/** What the user shows of one result, behind a text that says whose it is; nothing where there are no images. */
export function shownImages(callId: string, images: readonly Part[], transforms: Set<Transform>): Part[] {
  if (images.length === 0) return [];
  transforms.add('tool-image-as-user-part');
  return [{ type: 'text', text: `Images in the result of ${callId}:` }, ...images];
}
