/** Files inside a URL, as OpenAI's dialect has them; Anthropic's has type and data apart. Only base64 is taken (RFC 2397). */

export interface DataUrl {
  readonly mediaType: string;
  /** Base64, as it stands. */
  readonly data: string;
}

const HEADER = /^data:([a-z]{1,32}\/[a-z0-9.+-]{1,100});base64,/;
const NO_BASE64 = /[^A-Za-z0-9+/=]/;

/** Null for a text that is no such URL. */
export function readDataUrl(text: string): DataUrl | null {
  const [header, mediaType] = HEADER.exec(text.slice(0, 160)) ?? [];
  if (header === undefined || mediaType === undefined) return null;
  const data = text.slice(header.length);
  return NO_BASE64.test(data) ? null : { mediaType, data };
}

export function writeDataUrl({ mediaType, data }: DataUrl): string {
  return `data:${mediaType};base64,${data}`;
}

/** The types of images that Anthropic's API takes. */
export const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
]);
