/** Blocks of Anthropic's messages as what OpenAI's hold. */
import { toBase64 } from '../../../bytes/base64.js';
import { utf8 } from '../../../bytes/octets.js';
import { writeDataUrl } from '../data-url.js';
import type { Place } from '../place.js';

export type Part = { readonly type: string; readonly [name: string]: unknown };

/** Content that is text alone. */
export function textParts(content: Place): Part[] {
  if (typeof content.value === 'string') return [{ type: 'text', text: content.value }];
  return content.elements().map(textPart);
}

/** One text as the text it is, and everything else as parts. */
export function compact(content: readonly Part[]): string | readonly Part[] {
  const [first, ...rest] = content;
  return first?.type === 'text' && rest.length === 0 ? (first.text as string) : content;
}

/** A block of a user's message that is no tool's result. */
export function userPart(block: Place): Part {
  switch (block.member('type').value) {
    case 'image':
      return imagePart(block);
    case 'document':
      return filePart(block);
    default:
      return textPart(block);
  }
}

/** What marks a block for a cache changes no answer; what cites another block has no place in the other dialect. */
export function textPart(block: Place): Part {
  const type = block.member('type');
  if (type.value !== 'text') throw type.untranslatable();
  const citations = block.knows('type', 'text', 'cache_control', 'citations').member('citations');
  if (citations.elements().length > 0) throw citations.untranslatable();
  return { type: 'text', text: block.member('text').text() };
}

export function imagePart(block: Place): Part {
  const source = block.knows('type', 'source', 'cache_control').member('source');
  return { type: 'image_url', image_url: { url: urlOf(source) } };
}

function urlOf(source: Place): string {
  const type = source.member('type');
  switch (type.value) {
    case 'base64':
      return dataUrl(source);
    case 'url':
      return source.knows('type', 'url').member('url').text();
    default:
      throw type.untranslatable();
  }
}

/** A document at an address cannot be named there, only one that comes along. */
function filePart(block: Place): Part {
  block.knows('type', 'source', 'title', 'citations', 'cache_control');
  const cited = block.member('citations');
  if (cited.isSet) cited.knows('enabled').member('enabled').mayBe(false);
  const title = block.member('title').optionalText();
  return {
    type: 'file',
    file: { ...(title === null ? {} : { filename: title }), file_data: fileData(block.member('source')) },
  };
}

function fileData(source: Place): string {
  const type = source.member('type');
  switch (type.value) {
    case 'base64':
      return dataUrl(source);
    case 'text':
      source.knows('type', 'media_type', 'data').member('media_type').mayBe('text/plain');
      return writeDataUrl({
        mediaType: 'text/plain',
        data: toBase64(utf8(wellFormed(source.member('data')))),
      });
    default:
      throw type.untranslatable();
  }
}

function dataUrl(source: Place): string {
  source.knows('type', 'media_type', 'data');
  return writeDataUrl({ mediaType: source.member('media_type').text(), data: source.member('data').text() });
}

/** Bytes can hold no half of a character. */
function wellFormed(place: Place): string {
  const text = place.text();
  if (!text.isWellFormed()) throw place.untranslatable();
  return text;
}
