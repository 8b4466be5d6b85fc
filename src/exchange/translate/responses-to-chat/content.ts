/** What the items of a response's input hold, as parts of chat completions. */
import type { Place } from '../place.js';
import type { Transform } from '../transforms.js';

export type Part = { readonly type: string; readonly [name: string]: unknown };

/** The content of a user's message. */
export function userParts(content: Place, transforms: Set<Transform>): Part[] {
  return parts(content, part => {
    switch (part.member('type').value) {
      case 'input_image':
        return imagePart(part, transforms);
      case 'input_file':
        return filePart(part, transforms);
      default:
        return textPart(part);
    }
  });
}

/** Content that is text alone. */
export function textParts(content: Place): Part[] {
  return parts(content, textPart);
}

/** What a tool gives: texts, and images apart. */
export function resultParts(
  output: Place,
  transforms: Set<Transform>,
): { readonly texts: readonly Part[]; readonly images: readonly Part[] } {
  const all = parts(output, part =>
    part.member('type').value === 'input_image' ? imagePart(part, transforms) : textPart(part),
  );
  const [texts, images] = [true, false].map(isText => all.filter(({ type }) => (type === 'text') === isText));
  return { texts: texts ?? [], images: images ?? [] };
}

/** What an assistant has said; what it has refused stands in a member of its own there. */
export function spokenParts(content: Place): { readonly said: readonly Part[]; readonly refusal: string } {
  let refusal = '';
  const said = parts(content, part => {
    const type = part.member('type');
    switch (type.value) {
      case 'refusal':
        refusal += part.knows('type', 'refusal').member('refusal').text();
        return { type: 'refusal' };
      case 'output_text': {
        const annotations = part.knows('type', 'text', 'annotations', 'logprobs').member('annotations');
        // Which source says so has no place there; how probable a word was is said of it, not to it.
        if (annotations.elements().length > 0) throw annotations.untranslatable();
        return { type: 'text', text: part.member('text').text() };
      }
      default:
        return textPart(part);
    }
  });
  return { said: said.filter(({ type }) => type === 'text'), refusal };
}

/** One text as the text it is, and everything else as parts. */
export function compact(content: readonly Part[]): string | readonly Part[] {
  const [first, ...rest] = content;
  return first?.type === 'text' && rest.length === 0 ? (first.text as string) : content;
}

function parts(content: Place, toPart: (part: Place) => Part): Part[] {
  if (typeof content.value === 'string') return [{ type: 'text', text: content.value }];
  return content.elements().map(toPart);
}

function textPart(part: Place): Part {
  const type = part.member('type');
  if (type.value !== 'input_text') throw type.untranslatable();
  return { type: 'text', text: part.knows('type', 'text', 'prompt_cache_breakpoint').member('text').text() };
}

/** A file's id means something to the host that has the file, and to no other. */
function imagePart(part: Place, transforms: Set<Transform>): Part {
  const url = part.knows('type', 'image_url', 'detail', 'prompt_cache_breakpoint').member('image_url').text();
  const detail = part.member('detail').optionalText() ?? 'auto';
  const isKnown = detail === 'low' || detail === 'high';
  if (!isKnown && detail !== 'auto') transforms.add('image-detail-omitted');
  return { type: 'image_url', image_url: { url, ...(isKnown ? { detail } : {}) } };
}

function filePart(part: Place, transforms: Set<Transform>): Part {
  part.knows('type', 'file_data', 'filename', 'detail', 'prompt_cache_breakpoint');
  const detail = part.member('detail').optionalText() ?? 'auto';
  if (detail !== 'auto') transforms.add('image-detail-omitted');
  const filename = part.member('filename').optionalText();
  const file_data = part.member('file_data').text();
  return { type: 'file', file: { ...(filename === null ? {} : { filename }), file_data } };
}
