/**
 * The arithmetic of receipts a second time, from `spec/receipt.md` and the C2SP texts and with nothing but Node.js's cryptography: what
 * holds a gateway to its word must not share its mistakes.
 */
import { createHash, createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto';

export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** §2, hexadecimal. */
export function bodyCommitment(opening: Buffer, label: string, bytes: Uint8Array): string {
  return sha256(Buffer.of(2), createHmac('sha256', opening).update(label).digest(), bytes).toString('hex');
}

export interface StreamRead {
  /** §3: the chain's last link, hexadecimal. */
  readonly link: string;
  readonly events: number;
  /** The envelopes that ride in the stream, in their order, each with the number of the event in whose block it stands, from 0. */
  readonly riders: readonly { readonly kind: string; readonly envelope: string; readonly event: number }[];
  /** The blocks with events, without the comments that a gateway adds. */
  readonly blocks: Buffer;
}

/** §3. Reads a stream whose lines end in `\n`, as far as it came: a block that has not ended is dropped. */
export function readStream(opening: Buffer, bytes: Buffer): StreamRead {
  let link: Uint8Array = createHmac('sha256', opening).update('stream').digest();
  let events = 0;
  const riders: StreamRead['riders'][number][] = [];
  const blocks: Buffer[] = [];
  for (let start = 0; ; ) {
    const end = bytes.indexOf('\n\n', start);
    if (end < 0) break;
    const fields = new Map<string, Buffer[]>();
    const block: Buffer[] = [];
    for (const line of linesOf(bytes.subarray(start, end + 1))) {
      const rider = /^: countersign-(acceptance|receipt) (.*)$/.exec(line.toString('latin1'));
      if (rider !== null) riders.push({ kind: rider[1] ?? '', envelope: rider[2] ?? '', event: events });
      if (rider !== null || line.equals(KEEP_ALIVE)) continue;
      block.push(line, LINE_END);
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      const name = line.toString('latin1', 0, colon);
      const value = line.subarray(line[colon + 1] === 0x20 ? colon + 2 : colon + 1);
      fields.set(name, [...(fields.get(name) ?? []), value]);
    }
    block.push(LINE_END);
    const canonical = createHash('sha256');
    const named = (name: string, values: readonly Buffer[]) => {
      for (const value of values) canonical.update(`${name}:`).update(value).update('\n');
    };
    named('event', (fields.get('event') ?? []).slice(-1));
    named('id', (fields.get('id') ?? []).slice(-1));
    named('data', fields.get('data') ?? []);
    if (fields.has('event') || fields.has('id') || fields.has('data')) {
      link = sha256(link, canonical.digest());
      events++;
      blocks.push(...block);
    }
    start = end + 2;
  }
  return {
    link: Buffer.from(link).toString('hex'),
    events,
    riders,
    blocks: Buffer.concat(blocks),
  };
}

const LINE_END = Buffer.from('\n');
const KEEP_ALIVE = Buffer.from(': keep-alive');

function linesOf(block: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < block.length; ) {
    const end = block.indexOf(0x0a, start);
    lines.push(block.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** The Ed25519 key of a C2SP verifier key, `name+hash+base64(01 ‖ key)`. */
export function ed25519Key(verifierKey: string): {
  readonly name: string;
  readonly id: Buffer;
  readonly key: KeyObject;
} {
  const [name = '', id = '', ...rest] = verifierKey.split('+');
  const bytes = Buffer.from(rest.join('+'), 'base64');
  const x = bytes.subarray(1).toString('base64url');
  return {
    name,
    id: Buffer.from(id, 'hex'),
    key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
  };
}

/** §4: the signed payload of an envelope. Throws unless this key has signed it. */
export function openEnvelope(text: string, signer: ReturnType<typeof ed25519Key>): Buffer {
  const { payload, payloadType, signatures } = JSON.parse(text) as {
    payload: string;
    payloadType: string;
    signatures: { keyid: string; sig: string }[];
  };
  const bytes = Buffer.from(payload, 'base64');
  const [signature] = signatures;
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `),
    bytes,
  ]);
  if (
    signatures.length !== 1 ||
    signature?.keyid !== `${signer.name}+${signer.id.toString('hex')}` ||
    !verify(null, signed, signer.key, Buffer.from(signature.sig, 'base64'))
  )
    throw new Error('an envelope that the issuer has not signed');
  return bytes;
}

/** The size and the root that a checkpoint states. Throws unless the log has signed it. */
export function openCheckpoint(
  note: string,
  log: ReturnType<typeof ed25519Key>,
): { size: number; root: string } {
  const split = note.lastIndexOf('\n\n');
  const text = note.slice(0, split + 1);
  const [origin, size, root] = text.split('\n');
  const signature = note
    .slice(split + 2)
    .split('\n')
    .map(line => line.split(' '))
    .filter(([dash, name]) => dash === '—' && name === log.name)
    .map(([, , base64 = '']) => Buffer.from(base64, 'base64'))
    .find(bytes => bytes.subarray(0, 4).equals(log.id));
  if (
    origin !== log.name ||
    signature === undefined ||
    !verify(null, Buffer.from(text), log.key, signature.subarray(4))
  )
    throw new Error('a checkpoint that the log has not signed');
  return { size: Number(size), root: Buffer.from(root ?? '', 'base64').toString('hex') };
}

/** RFC 6962 §2.1, hexadecimal. */
export function merkleRootOf(entries: readonly Uint8Array[]): string {
  let level: Uint8Array[] = entries.map(entry => sha256(Buffer.of(0), entry));
  if (level.length === 0) return sha256('').toString('hex');
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at] as Uint8Array, level[at + 1]];
      // One that is left over goes up as it is, which gives the same tree as splitting at the largest power of two.
      above.push(right === undefined ? left : sha256(Buffer.of(1), left, right));
    }
    level = above;
  }
  return Buffer.from(level[0] as Uint8Array).toString('hex');
}

/** The entries of a C2SP tile bundle: `u16be length ‖ bytes` each. */
export function bundleEntries(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + bundle.readUInt16BE(at);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
