/** The readers of notes: keys, signature lines, notes, checkpoints, cosignatures, policies, and what logs and witnesses say to each other. */
import { concatAll, equal, fromUtf8, utf8 } from '../../src/bytes/octets.js';
import {
  formatAddCheckpoint,
  formatCosignatures,
  formatTreeSize,
  parseAddCheckpoint,
  parseCosignatures,
  parseTreeSize,
} from '../../src/note/add-checkpoint.js';
import { formatCheckpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../../src/note/key.js';
import { parsePolicyBytes, type Quorum, satisfies, type WitnessPolicy } from '../../src/note/policy.js';
import { formatSignSubtree, parseSignSubtree } from '../../src/note/sign-subtree.js';
import { formatSignatureLine, parseSignatureLine } from '../../src/note/signature-line.js';
import { formatNote, parseNote, verifyNote } from '../../src/note/signed-note.js';
import type { Reader } from './reader.js';
import { keysOf, seedsOf } from './seeds.js';

/** A reader of texts, for bytes: what is not UTF-8 never becomes a text. */
export function ofText<Value>(parse: (text: string) => Value, format: (value: Value) => string) {
  return (bytes: Uint8Array): Uint8Array | null => {
    const text = fromUtf8(bytes);
    return text === null ? null : utf8(format(parse(text)));
  };
}

export const NOTE_READERS: readonly Reader[] = [
  {
    name: 'vkey',
    ...seedsOf('vkey'),
    codes: ['note/key-malformed'],
    writeBack: ofText(parseVerifierKey, formatVerifierKey),
    cost: 2,
  },
  {
    name: 'signature line',
    ...seedsOf('signature-line'),
    codes: ['note/malformed'],
    writeBack: ofText(parseSignatureLine, signature => formatSignatureLine(signature).slice(0, -1)),
  },
  {
    name: 'note',
    ...seedsOf('note'),
    codes: ['note/malformed'],
    writeBack: bytes => formatNote(parseNote(bytes)),
  },
  {
    name: 'checkpoint',
    ...seedsOf('checkpoint'),
    codes: ['checkpoint/malformed'],
    writeBack: ofText(parseCheckpoint, formatCheckpoint),
  },
  await verifying('verified-note', 4),
  await verifying('cosignature', 20),
  {
    name: 'policy',
    ...seedsOf('policy'),
    codes: [
      'policy/malformed',
      'policy/name-duplicate',
      'policy/key-duplicate',
      'policy/name-unknown',
      'policy/member-reused',
    ],
    form: 'normal',
    cost: 4,
    writeBack: bytes => {
      const policy = parsePolicyBytes(bytes);
      const everybody = [...policy.witnesses.values()].map(({ key }) => key);
      if (!satisfies(policy.quorum, everybody)) throw new Error('nobody can meet the quorum');
      if (policy.quorum.kind !== 'none' && satisfies(policy.quorum, []))
        throw new Error('nobody is needed for the quorum');
      return octets(policyText(policy));
    },
  },
  {
    name: 'add-checkpoint',
    ...seedsOf('add-checkpoint'),
    codes: ['request/body-malformed'],
    writeBack: bytes => formatAddCheckpoint(parseAddCheckpoint(bytes)),
  },
  {
    name: 'sign-subtree',
    ...seedsOf('sign-subtree'),
    codes: ['request/body-malformed'],
    writeBack: bytes => formatSignSubtree(parseSignSubtree(bytes)),
  },
  {
    name: 'cosignatures',
    ...seedsOf('cosignatures'),
    codes: ['peer/answer-malformed'],
    writeBack: bytes => formatCosignatures(parseCosignatures(bytes)),
  },
  {
    name: 'tree size',
    ...seedsOf('tree-size'),
    codes: ['peer/answer-malformed'],
    writeBack: bytes => formatTreeSize(parseTreeSize(bytes)),
  },
];

/** Notes whose signatures are judged: none of a known key counts for a text that nobody has signed. */
async function verifying(kind: 'verified-note' | 'cosignature', cost: number): Promise<Reader> {
  const { genuine: all, others } = seedsOf(kind);
  const keys = keysOf(kind);
  const genuine: Uint8Array[] = [];
  // Some are genuine only for who does not know a key that they abuse.
  for (const bytes of all) {
    const isRead = await verifyNote(parseNote(bytes), keys).catch(() => null);
    if (isRead !== null) genuine.push(bytes);
  }
  const signed = genuine.map(bytes => parseNote(bytes));
  const wasSigned = (text: string, key: VerifierKey) =>
    signed.some(note => note.text === text && note.signatures.some(({ keyId }) => equal(keyId, key.id)));
  return {
    name: kind,
    genuine,
    others,
    codes: ['note/malformed', 'note/signature-invalid'],
    cost,
    writeBack: async bytes => {
      const note = parseNote(bytes);
      const { verified } = await verifyNote(note, keys);
      const forged = verified.find(({ key }) => !wasSigned(note.text, key));
      if (forged !== undefined)
        throw new Error(`${forged.key.name} never signed ${JSON.stringify(note.text)}`);
      return formatNote(note);
    },
  };
}

/** A word of a policy that is not UTF-8 keeps its octets as lone surrogates, as `parsePolicyBytes` says. */
function octets(text: string): Uint8Array {
  const pieces = text.match(/[\udc80-\udcff]|[^\udc80-\udcff]+/gu) ?? [];
  return concatAll(
    pieces.map(piece => {
      const code = piece.charCodeAt(0) - 0xdc00;
      return piece.length === 1 && code >= 0x80 && code <= 0xff ? Uint8Array.of(code) : utf8(piece);
    }),
  );
}

/** A policy as nobody would write it by hand: every name a number, every group before the one that it is in. */
function policyText({ logs, witnesses, quorum }: WitnessPolicy): string {
  const line = (...words: (string | null)[]) => `${words.filter(word => word !== null).join(' ')}\n`;
  const names = new Map([...witnesses.values()].map(({ key }, at) => [formatVerifierKey(key), `w${at}`]));
  let groups = '';
  let count = 0;
  const nameOf = (of: Quorum): string => {
    if (of.kind === 'none') return 'none';
    if (of.kind === 'witness') return names.get(formatVerifierKey(of.key)) as string;
    const members = of.members.map(nameOf);
    const name = `g${count++}`;
    groups += line('group', name, String(of.threshold), ...members);
    return name;
  };
  const decided = nameOf(quorum);
  return [
    ...logs.map(({ key, url }) => line('log', formatVerifierKey(key), url)),
    ...[...witnesses.values()].map(({ key, url }, at) =>
      line('witness', `w${at}`, formatVerifierKey(key), url),
    ),
    groups,
    line('quorum', decided),
  ].join('');
}
