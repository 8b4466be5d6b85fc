/** An image in an answer, in the one form in which receipts commit to images of every API: as the file that an application would keep. */
import { fromBase64 } from '../bytes/base64.js';
import { utf8 } from '../bytes/octets.js';
import { type Members, membersOf, textOf } from './members.js';

/** An image's data in base64, or the address, which may have the data in it, at which it is. */
export type AnswerImage = { readonly base64: string } | { readonly url: string };

/** A hostile upstream could send images without end; past this they are not read. */
export const MAX_IMAGES = 4096;

const DATA_URL = /^data:[a-zA-Z0-9.+/-]{0,128};base64,/;

/** The bytes that a receipt commits to: the image's own where they came along in base64, else the text that stands in their place, in UTF-8. */
export function imageBytes(image: AnswerImage): Uint8Array {
  if ('base64' in image) return fromBase64(image.base64) ?? utf8(image.base64);
  const [header] = DATA_URL.exec(image.url.slice(0, 160)) ?? [];
  const inside = header === undefined ? null : fromBase64(image.url, header.length);
  return inside ?? utf8(image.url);
}

/** The images among the parts of OpenAI's dialect, in their order. */
export function imageParts(parts: unknown): AnswerImage[] {
  if (!Array.isArray(parts)) return [];
  return parts.slice(0, MAX_IMAGES).flatMap((value: unknown) => {
    const part = membersOf(value);
    if (part?.type !== 'image_url') return [];
    const url = textOf(membersOf(part.image_url)?.url);
    return url === '' ? [] : [{ url }];
  });
}

/** The image of an object that has its data under one name or its address under another; null where it has neither. */
export function imageIn(members: Members, base64: string, url: string): AnswerImage | null {
  const [data, address] = [textOf(members[base64]), textOf(members[url])];
  if (data !== '') return { base64: data };
  return address === '' ? null : { url: address };
}
