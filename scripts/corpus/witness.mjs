/** What logs and witnesses say to each other. */
import {
  BAD_DECIMALS,
  BODY,
  badBase64,
  base64,
  consistency,
  cosigned,
  leaves,
  M1,
  mlDsaCosigned,
  mth,
  NOTE,
  OVER_LIMIT,
  octets,
  parts,
  profile,
  ROOT,
  SIZE,
  subtreeProof,
  table,
  W1,
} from './make.mjs';

const HASHES = consistency(9, leaves(SIZE)).map(base64);
const LINES = HASHES.map(hash => `${hash}\n`).join('');
const CODE = 'request/body-malformed';

/** What every body has in common that begins with lines, a blank line and a checkpoint. */
function framing(bad, first, more) {
  bad('empty', 'nothing', '');
  bad('newlines', 'two newlines', '\n\n');
  bad('no-first-line', 'no first line', `${LINES}\n${NOTE}`);
  bad('checkpoint-only', 'a checkpoint', NOTE);
  bad('no-blank-line', 'no blank line', `${first}${LINES}${BODY}`);
  bad('blank-first', 'a blank line first', `\n${first}${LINES}\n${NOTE}`);
  bad(
    'blank-after-first',
    'the blank line before the hashes, which become the checkpoint',
    `\n${first}\n${LINES}${NOTE}`,
  );
  bad('carriage-returns', 'lines that end in CR LF', `${first}${LINES}\n${NOTE}`.replaceAll('\n', '\r\n'));
  bad('byte-order-mark', 'a byte order mark', `\ufeff${first}${LINES}\n${NOTE}`);
  bad('not-utf-8', 'a checkpoint that is not UTF-8', octets(`${first}${LINES}\n`, [0xff], NOTE));
  bad('first-doubled', 'the first line twice', `${first}${first}${LINES}\n${NOTE}`);
  bad('first-last', 'the first line after the hashes', `${LINES}${first}\n${NOTE}`);
  bad('hash-31', 'a hash of 31 octets', `${first}${more}${base64(ROOT.subarray(1))}\n\n${NOTE}`);
  bad(
    'hash-long',
    'a hash of 33 octets',
    `${first}${more}${base64(Buffer.concat([ROOT, ROOT.subarray(0, 1)]))}\n\n${NOTE}`,
  );
  bad('two-hashes-on-a-line', 'two hashes on a line', `${first}${more}${HASHES[0]} ${HASHES[1]}\n\n${NOTE}`);
  bad('64-hashes', '64 hashes', `${first}${more}${`${HASHES[0]}\n`.repeat(64)}\n${NOTE}`);
  bad(
    'many-hashes',
    'ten thousand hashes',
    parts({ text: `${first}${more}` }, { text: `${HASHES[0]}\n`, times: 10_000 }, { text: `\n${NOTE}` }),
  );
  for (const [id, what, hash] of badBase64(HASHES[0]))
    if (id !== 'empty')
      bad(`hash-${id}`, `the first hash: ${what}`, `${first}${more}${hash}\n${HASHES[1]}\n\n${NOTE}`);
}

export function addCheckpoints() {
  const t = table(
    'add-checkpoint',
    'tlog-witness, add-checkpoint',
    'Bodies of add-checkpoint as octets. The value has the checkpoint as it stands; nothing is verified.',
  );
  const ok = (id, what, input, oldSize, proof) =>
    t.accepted(id, what, octets(input), { oldSize, proof, checkpoint: NOTE });
  const bad = (id, what, input, more) =>
    t.refused(id, what, typeof input === 'string' ? octets(input) : input, CODE, more);
  ok('plain', 'an old size, hashes and a checkpoint', `old 9\n${LINES}\n${NOTE}`, 9, HASHES);
  ok('old-0', 'an old size of 0 and no hashes', `old 0\n\n${NOTE}`, 0, []);
  ok(
    'old-0-with-proof',
    'hashes from the empty tree, which the witness refuses later',
    `old 0\n${LINES}\n${NOTE}`,
    0,
    HASHES,
  );
  ok(
    'old-over-new',
    'an old size over the new one, which the witness refuses later',
    `old 99\n\n${NOTE}`,
    99,
    [],
  );
  ok(
    '63-hashes',
    '63 hashes',
    `old 9\n${`${HASHES[0]}\n`.repeat(63)}\n${NOTE}`,
    9,
    Array(63).fill(HASHES[0]),
  );
  for (const [id, what, number] of BAD_DECIMALS)
    bad(`old-${id}`, `the old size: ${what}`, `old ${number}\n${LINES}\n${NOTE}`);
  for (const [id, what, number] of OVER_LIMIT)
    bad(`old-${id}`, `the old size: ${what}`, `old ${number}\n${LINES}\n${NOTE}`, profile('limits'));
  bad('old-upper-case', 'OLD', `OLD 9\n${LINES}\n${NOTE}`);
  bad('old-no-space', 'no space after old', `old9\n${LINES}\n${NOTE}`);
  bad('old-only', 'old and no size', `old\n${LINES}\n${NOTE}`);
  bad('old-keyword-tab', 'a tab after old', `old\t9\n${LINES}\n${NOTE}`);
  bad('old-two-sizes', 'two sizes', `old 9 13\n${LINES}\n${NOTE}`);
  framing(bad, 'old 9\n', '');
  return t.done();
}

export function signSubtrees() {
  const t = table(
    'sign-subtree',
    'tlog-witness, sign-subtree',
    'Bodies of sign-subtree as octets. The value has the checkpoint as it stands; nothing is verified.',
  );
  const all = leaves(SIZE);
  const hash = base64(mth(all.slice(8, 12)));
  const proof = subtreeProof(8, 12, all).map(base64);
  const lines = proof.map(each => `${each}\n`).join('');
  const bad = (id, what, input, more) =>
    t.refused(id, what, typeof input === 'string' ? octets(input) : input, CODE, more);
  t.accepted(
    'plain',
    'a range, a hash, a proof and a checkpoint',
    octets(`subtree 8 12\n${hash}\n${lines}\n${NOTE}`),
    { start: 8, end: 12, hash, proof, checkpoint: NOTE },
  );
  t.accepted('whole', 'the whole tree', octets(`subtree 0 13\n${base64(ROOT)}\n\n${NOTE}`), {
    start: 0,
    end: 13,
    hash: base64(ROOT),
    proof: [],
    checkpoint: NOTE,
  });
  for (const [id, what, number] of BAD_DECIMALS) {
    bad(`start-${id}`, `the start: ${what}`, `subtree ${number} 14\n${hash}\n${lines}\n${NOTE}`);
    bad(`end-${id}`, `the end: ${what}`, `subtree 8 ${number}\n${hash}\n${lines}\n${NOTE}`);
  }
  for (const [id, what, number] of OVER_LIMIT)
    bad(
      `end-${id}`,
      `the end: ${what}`,
      `subtree 8 ${number}\n${hash}\n${lines}\n${NOTE}`,
      profile('limits'),
    );
  bad('no-end', 'no end', `subtree 8\n${hash}\n${lines}\n${NOTE}`);
  bad('three-numbers', 'three numbers', `subtree 8 12 13\n${hash}\n${lines}\n${NOTE}`);
  bad('no-hash', 'no hash of the subtree', `subtree 8 12\n\n${NOTE}`);
  bad('old', 'the first line of add-checkpoint', `old 8\n${hash}\n${lines}\n${NOTE}`);
  framing(bad, 'subtree 8 12\n', `${hash}\n`);
  return t.done();
}

export function cosignatureAnswers() {
  const t = table(
    'cosignatures',
    'tlog-witness, add-checkpoint',
    'The body of a 200: signature lines. Nothing is verified.',
  );
  const ANSWER = 'peer/answer-malformed';
  const one = cosigned(BODY, 1_679_315_147, W1);
  const two = mlDsaCosigned({ size: SIZE, root: ROOT }, 1_679_315_147, M1);
  const value = lines => ({
    signatures: lines.map(each => {
      const [, name, encoded] = each.trimEnd().split(' ');
      const bytes = Buffer.from(encoded, 'base64');
      return { name, keyId: bytes.subarray(0, 4).toString('hex'), signature: base64(bytes.subarray(4)) };
    }),
  });
  t.accepted('one', 'one line', octets(one), value([one]));
  t.accepted('two', 'a line for each algorithm', octets(`${one}${two}`), value([one, two]));
  const bad = (id, what, input, more) =>
    t.refused(id, what, typeof input === 'string' ? octets(input) : input, ANSWER, more);
  bad('empty', 'nothing', '');
  bad('newline', 'a newline', '\n');
  bad('no-final-newline', 'the last newline is missing', one.slice(0, -1));
  bad('blank-at-end', 'a blank line at the end', `${one}\n`);
  bad('blank-first', 'a blank line first', `\n${one}`);
  bad('blank-between', 'a blank line between two', `${one}\n${two}`);
  bad('carriage-returns', 'lines that end in CR LF', one.replace('\n', '\r\n'));
  bad('note', 'a whole note', `${BODY}\n${one}`);
  bad('json', 'JSON', '{"signature":""}\n');
  bad('one-bad', 'a good line and a bad one', `${one}\u2014 w AAAA\n`);
  bad('not-utf-8', 'a line that is not UTF-8', octets('\u2014 ', [0xff], ` ${base64(Buffer.alloc(76))}\n`));
  bad('101-lines', 'more than 100 lines', parts({ text: one, times: 101 }), profile('limits'));
  return t.done();
}

export function treeSizes() {
  const t = table(
    'tree-size',
    'tlog-witness, add-checkpoint',
    'The body of a 409: the size that the witness has cosigned.',
  );
  const ANSWER = 'peer/answer-malformed';
  for (const size of [0, 1, 20852014, 9007199254740991])
    t.accepted(`size-${size}`, `the size ${size}`, octets(`${size}\n`), { size });
  for (const [id, what, number] of BAD_DECIMALS)
    t.refused(`size-${id}`, `the size: ${what}`, octets(`${number}\n`), ANSWER);
  for (const [id, what, number] of OVER_LIMIT)
    t.refused(`size-${id}`, `the size: ${what}`, octets(`${number}\n`), ANSWER, profile('limits'));
  t.refused('no-newline', 'no newline', octets('13'), ANSWER);
  t.refused('two-newlines', 'two newlines', octets('13\n\n'), ANSWER);
  t.refused('two-lines', 'two sizes', octets('13\n14\n'), ANSWER);
  t.refused('nothing', 'not even a newline', octets(''), ANSWER);
  t.refused('not-utf-8', 'octets that are not UTF-8', octets([0xff], '\n'), ANSWER);
  t.refused('nul', 'a U+0000 after', octets('13\0\n'), ANSWER);
  return t.done();
}
