/** What OpenAI's messages hold, as blocks of Anthropic's. */
import { fromBase64 } from '../../../bytes/base64.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { IMAGE_TYPES, readDataUrl } from '../data-url.js';
import type { Place } from '../place.js';
import type { Transform } from '../transforms.js';

export type Block = { readonly type: string; readonly [name: string]: unknown };

/** The content of a user's message. */
export function userBlocks(content: Place, transforms: Set<Transform>): Block[] {
  return blocks(content, part => {
    switch (part.member('type').value) {
      case 'image_url':
        return imageBlock(part, transforms);
      case 'file':
        return documentBlock(part);
      default:
        return textBlock(part);
    }
  });
}

/** Content that is text alone. */
export function textBlocks(content: Place): Block[] {
  return blocks(content, textBlock);
}

/** What an assistant has said, refusals included: those are text as well. Anthropic's API takes no empty text here. */
export function spokenBlocks(content: Place): Block[] {
  const spoken = blocks(content, part =>
    part.member('type').value === 'refusal'
      ? { type: 'text', text: part.knows('type', 'refusal').member('refusal').text() }
      : textBlock(part),
  );
  return spoken.filter(({ text }) => text !== '');
}

/** One text as the text it is, and everything else as blocks. */
export function compact(content: readonly Block[]): string | readonly Block[] {
  const [first, ...rest] = content;
  const isText = first?.type === 'text' && Object.keys(first).length === 2 && rest.length === 0;
  return isText ? (first.text as string) : content;
}

function blocks(content: Place, toBlock: (part: Place) => Block): Block[] {
  if (typeof content.value === 'string') return [{ type: 'text', text: content.value }];
  return content.elements().map(toBlock);
}

function textBlock(part: Place): Block {
  part.member('type').mayBe('text');
  part.knows('type', 'text', 'cache_control', 'prompt_cache_breakpoint');
  return { type: 'text', text: part.member('text').text(), ...cacheControl(part) };
}

function imageBlock(part: Place, transforms: Set<Transform>): Block {
  part.knows('type', 'image_url', 'cache_control', 'prompt_cache_breakpoint');
  const image = part.member('image_url').knows('url', 'detail');
  const detail = image.member('detail').optionalText();
  if (detail !== null && detail !== 'auto') transforms.add('image-detail-omitted');
  return { type: 'image', source: imageSource(image.member('url')), ...cacheControl(part) };
}

function imageSource(place: Place): object {
  const url = place.text();
  if (/^https?:\/\//i.test(url)) return { type: 'url', url };
  const inside = readDataUrl(url);
  if (inside === null || !IMAGE_TYPES.has(inside.mediaType)) throw place.untranslatable();
  return { type: 'base64', media_type: inside.mediaType, data: inside.data };
}

/** A file's id means something to the host that has the file, and to no other. */
function documentBlock(part: Place): Block {
  part.knows('type', 'file', 'cache_control', 'prompt_cache_breakpoint');
  const file = part.member('file').knows('file_data', 'filename');
  const title = file.member('filename').optionalText();
  const source = documentSource(file.member('file_data'));
  return { type: 'document', source, ...(title === null ? {} : { title }), ...cacheControl(part) };
}

function documentSource(place: Place): object {
  const { mediaType, data } = readDataUrl(place.text()) ?? {};
  if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data };
  const bytes = mediaType === 'text/plain' ? fromBase64(data ?? '') : null;
  const text = bytes === null ? null : fromUtf8(bytes);
  if (text === null) throw place.untranslatable();
  return { type: 'text', media_type: 'text/plain', data: text };
}

/** Clients who know which host is behind may mark what it is to keep; OpenAI's own marks are of another kind, and change no answer. */
function cacheControl(part: Place): object {
  const mark = part.member('cache_control');
  return mark.isSet ? { cache_control: mark.carried() } : {};
}
