/** PEM (RFC 7468 §3, the strict form, with blank lines between blocks): how makers of hardware hand out chains. */
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { Failure } from '../../reason.js';
import { type Certificate, MAX_CERTIFICATE_BYTES, parseCertificate } from './certificate.js';

/** The longest chain that anybody has is of five. */
export const MAX_CHAIN = 10;

const BLOCK =
  /^-----BEGIN ([A-Z0-9 ]{1,32})-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END \1-----(?:\r?\n|$)/;

/**
 * The certificates of a chain in PEM, in their order. Throws `certificate/malformed` for anything else between them, and
 * `certificate/chain-too-long` for more than {@link MAX_CHAIN}.
 */
export function certificatesFromPem(text: string): readonly Certificate[] {
  return pemBlocks(text, 'CERTIFICATE').map(parseCertificate);
}

/** What is in the blocks of that label. Throws as {@link certificatesFromPem}. */
export function pemBlocks(text: string, label: string): readonly Uint8Array[] {
  if (text.length > MAX_CHAIN * 2 * MAX_CERTIFICATE_BYTES) throw new Failure('certificate/chain-too-long');
  const blocks: Uint8Array[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const [whole, name, body] = BLOCK.exec(rest) ?? [];
    const bytes = fromBase64(body?.replace(/\r?\n/g, '') ?? '!');
    if (whole === undefined || name !== label || bytes === null)
      throw new Failure('certificate/malformed', { detail: `no block of ${label} in PEM` });
    if (blocks.length === MAX_CHAIN) throw new Failure('certificate/chain-too-long');
    blocks.push(bytes);
    rest = rest.slice(whole.length).trimStart();
  }
  if (blocks.length === 0) throw new Failure('certificate/malformed', { detail: 'no certificate' });
  return blocks;
}

/** Blocks of that label, in lines of 64 characters, one after another. */
export function formatPem(label: string, blocks: readonly Uint8Array[]): string {
  return blocks
    .map(bytes => {
      const lines = toBase64(bytes).replace(/.{1,64}/g, '$&\n');
      return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
    })
    .join('');
}
