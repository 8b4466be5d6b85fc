import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { formatCheckpoint } from '../../src/note/checkpoint.js';
import { cosign } from '../../src/note/cosignature.js';
import { parsePolicy, satisfies } from '../../src/note/policy.js';
import { formatNote, parseNote, signNote, verifyNote } from '../../src/note/signed-note.js';
import { Failure } from '../../src/reason.js';
import { peerCosigner, peerKey } from './keys.js';
import { accepts, ask, missing } from './peer.js';

const LOG = peerKey('example.com/log', 1);
const NAMES = ['A', 'B', 'C', 'D', 'E'] as const;
const COSIGNERS = NAMES.map((name, i) => peerCosigner(`${name.toLowerCase()}.example/witness`, 20 + i));
const CHECKPOINT = formatCheckpoint({ origin: 'example.com/log', size: 7, root: new Uint8Array(32).fill(1) });
// Go asks for an address with each witness; tlog-policy leaves it optional.
const WITNESSES = COSIGNERS.map(
  (cosigner, i) => `witness ${NAMES[i]} ${cosigner.verifierKey} https://${i}.example/\n`,
).join('');

/** Checkpoints with every set of cosignatures that five witnesses can make. */
const checkpoints = Array.from({ length: 32 }, (_, mask) => {
  const signers = COSIGNERS.filter((_, i) => (mask >> i) & 1);
  const cosignatures = signers.map(({ key, signer }) => cosign(CHECKPOINT, 77, key, signer));
  return formatNote({
    text: CHECKPOINT,
    signatures: [signNote(CHECKPOINT, LOG.key, LOG.signer), ...cosignatures],
  });
});

async function ourVerdicts(text: string): Promise<boolean[]> {
  const policy = parsePolicy(text);
  const known = [...policy.witnesses.values()].map(({ key }) => key);
  const verdicts: boolean[] = [];
  for (const checkpoint of checkpoints) {
    const { verified } = await verifyNote(parseNote(checkpoint), known);
    verdicts.push(
      satisfies(
        policy.quorum,
        verified.map(({ key }) => key),
      ),
    );
  }
  return verdicts;
}

describe.skipIf(missing !== null)(`github.com/transparency-dev/formats/witness ${missing ?? ''}`, () => {
  it.each([
    ['none', 'quorum none\n'],
    ['a single witness', 'quorum C\n'],
    ['any', 'group G any A B C\nquorum G\n'],
    ['all', 'group G all A B C D E\nquorum G\n'],
    ['one of one', 'group G 1 E\nquorum G\n'],
    ['three of five', 'group G 3 A B C D E\nquorum G\n'],
    ['groups in a group', 'group G 2 A B C\ngroup H any D E\ngroup I all G H\nquorum I\n'],
    ['a group and a witness', 'group G 2 A B C\ngroup H any G E\nquorum H\n'],
    ['three levels', 'group G any A B\ngroup H all G C\ngroup I 2 H D E\nquorum I\n'],
    ['groups that the quorum does not use', 'group G any A B\ngroup H all C D\nquorum H\n'],
    ['comments, tabs and blank lines', '# a comment\n\n\tgroup \t G  any\tA B \n  # more\nquorum\tG\t\n'],
  ])('%s: the same verdict on each of 32 sets of cosigners', async (_, quorum) => {
    const text = `log ${LOG.verifierKey}\n${WITNESSES}${quorum}`;
    const judged = ask('policy/judge', { policy: text, checkpoints: checkpoints.map(toBase64) });
    expect(await ourVerdicts(text)).toEqual(judged);
    expect(new Set(judged).size).toBe(quorum === 'quorum none\n' ? 1 : 2);
  });

  const [A] = COSIGNERS;
  const cases: { name: string; policy: string; go: boolean; ours: boolean }[] = [
    { name: 'no quorum', policy: WITNESSES, go: false, ours: false },
    { name: 'an unknown keyword', policy: 'mirror A\nquorum none\n', go: false, ours: false },
    { name: 'an unknown quorum', policy: `${WITNESSES}quorum F\n`, go: false, ours: false },
    { name: 'an unknown member', policy: `${WITNESSES}group G any F\nquorum G\n`, go: false, ours: false },
    { name: 'none as a member', policy: `${WITNESSES}group G any none\nquorum G\n`, go: false, ours: false },
    { name: 'a duplicate name', policy: `${WITNESSES}group A any B\nquorum A\n`, go: false, ours: false },
    {
      name: 'a threshold over the members',
      policy: `${WITNESSES}group G 3 A B\nquorum G\n`,
      go: false,
      ours: false,
    },
    { name: 'a negative threshold', policy: `${WITNESSES}group G -1 A\nquorum G\n`, go: false, ours: false },
    { name: 'a quorum of two names', policy: `${WITNESSES}quorum A B\n`, go: false, ours: false },
    // Differences. In the first three, tlog-policy is on our side of the line but Go keeps to the older Sigsum format.
    {
      name: 'a witness without an address',
      policy: `witness A ${A?.verifierKey}\nquorum A\n`,
      go: false,
      ours: true,
    },
    {
      name: 'a keyword as a name',
      policy: `${WITNESSES}group all any A\nquorum all\n`,
      go: false,
      ours: true,
    },
    { name: '# inside a name', policy: `${WITNESSES}group G#1 any A\nquorum G#1\n`, go: false, ours: true },
    // In these, tlog-policy forbids what Go takes.
    { name: 'a comment behind a line', policy: 'quorum none # for now\n', go: true, ours: false },
    { name: 'two quorums', policy: `${WITNESSES}quorum A\nquorum B\n`, go: true, ours: false },
    { name: 'a quorum defined later', policy: `quorum A\n${WITNESSES}`, go: true, ours: false },
    { name: 'a threshold of zero', policy: `${WITNESSES}group G 0 A\nquorum G\n`, go: true, ours: false },
    { name: 'a group without members', policy: `${WITNESSES}group G all\nquorum G\n`, go: true, ours: false },
    { name: 'a member reused', policy: `${WITNESSES}group G 2 A A\nquorum G\n`, go: true, ours: false },
    {
      name: 'one key behind two witnesses',
      policy: `witness A ${A?.verifierKey} https://a/\nwitness B ${A?.verifierKey} https://b/\nquorum A\n`,
      go: true,
      ours: false,
    },
    {
      name: 'a witness with a key of plain Ed25519',
      policy: `witness A ${LOG.verifierKey} https://a/\nquorum A\n`,
      go: true,
      ours: false,
    },
    { name: 'carriage returns', policy: 'quorum none\r\n', go: true, ours: false },
    { name: 'a control character in a comment', policy: '# \u001b\nquorum none\n', go: true, ours: false },
    // In these, the specification leaves it open.
    { name: 'a log key that cannot be read', policy: 'log nobody\nquorum none\n', go: true, ours: false },
    {
      name: 'a threshold with a leading zero',
      policy: `${WITNESSES}group G 01 A\nquorum G\n`,
      go: true,
      ours: false,
    },
  ];

  it.each(cases)('$name: Go $go, ours $ours', ({ policy, go, ours }) => {
    expect(accepts('policy/judge', { policy, checkpoints: [] })).toBe(go);
    let accepted = true;
    try {
      parsePolicy(policy);
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
      accepted = false;
    }
    expect(accepted).toBe(ours);
  });

  it('fifteen differences, and no other', () => {
    expect(cases.filter(({ go, ours }) => go !== ours)).toHaveLength(15);
  });
});
