/** Checkpoints, and cosignatures of them. */
import {
  BAD_DECIMALS,
  BODY,
  badBase64,
  base64,
  bytesOf,
  checkpoint,
  cosigned,
  keyNamed,
  LOG,
  line,
  M1,
  M2,
  mlDsaCosigned,
  mth,
  NOTE,
  ORIGIN,
  OVER_LIMIT,
  octets,
  profile,
  ROOT,
  SIZE,
  sha256,
  signed,
  table,
  text,
  u64,
  W1,
  W2,
} from './make.mjs';

const CODE = 'checkpoint/malformed';

export function checkpoints() {
  const t = table(
    'checkpoint',
    'tlog-checkpoint, Note text',
    'The text of a checkpoint, without its signatures.',
  );
  const value = (origin, size, root) => ({ origin, size, root: base64(root) });
  t.accepted('plain', 'three lines', text(BODY), value(ORIGIN, SIZE, ROOT));
  t.accepted(
    'specification',
    'the example of the specification',
    text('example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'),
    {
      origin: 'example.com/behind-the-sofa',
      size: 20852163,
      root: 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
    },
  );
  t.accepted(
    'empty-tree',
    'a size of 0',
    text(checkpoint({ size: 0, root: mth([]) })),
    value(ORIGIN, 0, sha256()),
  );
  t.accepted('one', 'a size of 1', text(checkpoint({ size: 1 })), value(ORIGIN, 1, ROOT));
  t.accepted(
    '2-53-minus-1',
    'a size of 2^53 - 1',
    text(checkpoint({ size: 9007199254740991 })),
    value(ORIGIN, 9007199254740991, ROOT),
  );
  t.accepted(
    'origin-with-spaces',
    'an origin with spaces and a plus, which the specification only advises against',
    text(checkpoint({ origin: 'Go + sum database' })),
    value('Go + sum database', SIZE, ROOT),
  );
  t.accepted(
    'origin-unicode',
    'an origin that is not ASCII',
    text(checkpoint({ origin: 'журнал' })),
    value('журнал', SIZE, ROOT),
  );
  t.accepted(
    'origin-space',
    'an origin of one space',
    text(checkpoint({ origin: ' ' })),
    value(' ', SIZE, ROOT),
  );
  const root = base64(ROOT);
  for (const [id, what, size] of BAD_DECIMALS)
    t.refused(`size-${id}`, `the size: ${what}`, text(`${ORIGIN}\n${size}\n${root}\n`), CODE);
  for (const [id, what, size] of OVER_LIMIT)
    t.refused(
      `size-${id}`,
      `the size: ${what}`,
      text(`${ORIGIN}\n${size}\n${root}\n`),
      CODE,
      profile('limits'),
    );
  for (const [id, what, other] of badBase64(root))
    t.refused(`root-${id}`, `the root: ${what}`, text(`${ORIGIN}\n${SIZE}\n${other}\n`), CODE);
  t.refused('root-31', 'a root of 31 octets', text(checkpoint({ root: ROOT.subarray(1) })), CODE);
  t.refused(
    'root-33',
    'a root of 33 octets',
    text(checkpoint({ root: Buffer.concat([ROOT, Buffer.alloc(1)]) })),
    CODE,
  );
  t.refused('root-64', 'a root of 64 octets', text(checkpoint({ root: Buffer.alloc(64) })), CODE);
  t.refused('origin-empty', 'an empty origin', text(`\n${SIZE}\n${root}\n`), CODE);
  t.refused('empty', 'nothing', text(''), CODE);
  t.refused('newlines', 'three newlines', text('\n\n\n'), CODE);
  t.refused('one-line', 'only an origin', text(`${ORIGIN}\n`), CODE);
  t.refused('two-lines', 'no root', text(`${ORIGIN}\n${SIZE}\n`), CODE);
  t.refused('no-final-newline', 'the last newline is missing', text(BODY.slice(0, -1)), CODE);
  t.refused('blank-at-end', 'an empty line at the end', text(`${BODY}\n`), CODE);
  t.refused('blank-inside', 'an empty line before the root', text(`${ORIGIN}\n${SIZE}\n\n${root}\n`), CODE);
  t.refused('blank-before', 'an empty line before the origin', text(`\n${BODY}`), CODE);
  t.refused('carriage-returns', 'lines that end in CR LF', text(BODY.replaceAll('\n', '\r\n')), CODE);
  t.refused('swapped', 'size and root exchanged', text(`${ORIGIN}\n${root}\n${SIZE}\n`), CODE);
  t.refused(
    'size-doubled',
    'the line of the size twice',
    text(`${ORIGIN}\n${SIZE}\n${SIZE}\n${root}\n`),
    CODE,
  );
  t.refused(
    'root-doubled',
    'the line of the root twice: an extension line',
    text(`${BODY}${root}\n`),
    CODE,
    profile('no-extension-lines'),
  );
  t.refused(
    'extension',
    'an extension line',
    text(`${BODY}extra data\n`),
    CODE,
    profile('no-extension-lines'),
  );
  t.refused(
    'extensions',
    'two extension lines',
    text(`${BODY}one\ntwo\n`),
    CODE,
    profile('no-extension-lines'),
  );
  t.refused('extension-then-blank', 'an extension line and an empty one', text(`${BODY}one\n\n`), CODE);
  t.refused('whole-note', 'the signatures too', text(NOTE), CODE);
  return t.done();
}

export function cosignatures() {
  const t = table(
    'cosignature',
    'tlog-cosignature',
    'Checkpoints under cosignatures, with the keys that the reader knows: as `verified-note`, with the time that each cosignature states.',
  );
  const known = (...keys) => ({ context: { keys: keys.map(key => key.vkey) } });
  const value = (verified, unknown = 0) => ({
    verified: verified.map(([key, time]) => ({ key: key.label, time })),
    unknown,
  });
  const note = (...lines) => octets(`${BODY}\n${lines.join('')}`);
  const tree = { size: SIZE, root: ROOT };
  const TIME = 1_679_315_147;
  const FORGED = 'note/signature-invalid';
  const raw = (key, time, signature) => line(key.name, key.id, Buffer.concat([time, signature]));
  for (const time of [0, 1, TIME, 4_294_967_296, 9_007_199_254_740_991]) {
    t.accepted(
      `ed25519-time-${time}`,
      `Ed25519 at ${time}`,
      note(cosigned(BODY, time, W1)),
      value([[W1, time]]),
      known(W1),
    );
    t.accepted(
      `ml-dsa-time-${time}`,
      time === 0 ? 'ML-DSA-44 without a time' : `ML-DSA-44 at ${time}`,
      note(mlDsaCosigned(tree, time, M1)),
      value([[M1, time]]),
      known(M1),
    );
  }
  t.accepted(
    'log-and-cosigners',
    'the log, and a cosigner of each kind',
    note(signed(BODY), cosigned(BODY, TIME, W1), mlDsaCosigned(tree, TIME + 1, M1)),
    value([
      [LOG, null],
      [W1, TIME],
      [M1, TIME + 1],
    ]),
    known(LOG, W1, M1),
  );
  t.accepted(
    'unknown-cosigners',
    'cosigners that nobody knows',
    note(signed(BODY), cosigned(BODY, TIME, W1), mlDsaCosigned(tree, TIME, M1)),
    value([[LOG, null]], 2),
    known(LOG),
  );
  const extended = `${BODY}extension\n`;
  t.accepted(
    'ed25519-extension',
    'Ed25519 over a checkpoint with an extension line, which it signs',
    octets(`${extended}\n${cosigned(extended, TIME, W1)}`),
    value([[W1, TIME]]),
    known(W1),
  );
  const long = 'o'.repeat(255);
  const longBody = checkpoint({ origin: long });
  t.accepted(
    'ml-dsa-origin-255',
    'ML-DSA-44 over an origin of 255 octets',
    octets(`${longBody}\n${mlDsaCosigned({ ...tree, origin: long }, TIME, M1)}`),
    value([[M1, TIME]]),
    known(M1),
  );
  const own = keyNamed(ORIGIN, 6, 10);
  t.accepted(
    'ml-dsa-log',
    'the log itself cosigns, in its own name',
    note(signed(BODY), mlDsaCosigned(tree, TIME, own)),
    value([
      [LOG, null],
      [own, TIME],
    ]),
    known(LOG, own),
  );
  const wrong = (id, what, input, keys, more = {}) =>
    t.refused(id, what, input, FORGED, { ...known(...keys), ...more });
  const flipped = (whole, at) => {
    const [, name, encoded] = whole.trimEnd().split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    bytes[at] ^= 1;
    return `\u2014 ${name} ${base64(bytes)}\n`;
  };
  for (const [kind, key, made] of [
    ['ed25519', W1, cosigned(BODY, TIME, W1)],
    ['ml-dsa', M1, mlDsaCosigned(tree, TIME, M1)],
  ]) {
    const bytes = Buffer.from(made.trimEnd().split(' ')[2], 'base64').subarray(4);
    wrong(`${kind}-time-changed`, 'another time than the one that was signed', note(flipped(made, 11)), [
      key,
    ]);
    wrong(`${kind}-signature-first`, 'a flipped bit at the start of the signature', note(flipped(made, 12)), [
      key,
    ]);
    wrong(
      `${kind}-signature-last`,
      'a flipped bit at the end of the signature',
      note(flipped(made, 4 + bytes.length - 1)),
      [key],
    );
    wrong(`${kind}-short`, 'an octet too few', note(raw(key, bytes.subarray(0, 8), bytes.subarray(8, -1))), [
      key,
    ]);
    wrong(
      `${kind}-long`,
      'an octet too many',
      note(raw(key, bytes.subarray(0, 8), Buffer.concat([bytes.subarray(8), Buffer.alloc(1)]))),
      [key],
    );
    wrong(
      `${kind}-time-only`,
      'a time and no signature',
      note(raw(key, bytes.subarray(0, 8), Buffer.alloc(0))),
      [key],
    );
    wrong(`${kind}-time-cut`, 'seven octets', note(raw(key, bytes.subarray(0, 7), Buffer.alloc(0))), [key]);
    wrong(
      `${kind}-no-time`,
      'a signature without a time',
      note(raw(key, Buffer.alloc(0), bytes.subarray(8))),
      [key],
    );
    wrong(
      `${kind}-time-last`,
      'the time after the signature',
      note(raw(key, bytes.subarray(8), bytes.subarray(0, 8))),
      [key],
    );
    wrong(
      `${kind}-other-checkpoint`,
      'a cosignature of another checkpoint',
      octets(`${checkpoint({ size: 14 })}\n${made}`),
      [key],
    );
    wrong(
      `${kind}-zeros`,
      'a signature of zeros',
      note(raw(key, bytes.subarray(0, 8), Buffer.alloc(bytes.length - 8))),
      [key],
    );
    t.refused(`${kind}-twice`, 'two cosignatures by one key', note(made, made), 'note/malformed', {
      ...known(key),
      ...profile('one-signature-per-key'),
    });
  }
  wrong(
    'ed25519-plain',
    'a plain signature of the checkpoint under the id of a cosigner',
    note(raw(W1, u64(TIME), W1.sign(bytesOf(BODY)))),
    [W1],
  );
  wrong(
    'ed25519-version',
    'signed as cosignature/v2',
    note(raw(W1, u64(TIME), W1.sign(bytesOf(`cosignature/v2\ntime ${TIME}\n${BODY}`)))),
    [W1],
  );
  wrong(
    'ed25519-leading-zero',
    'the signed time has a leading zero',
    note(raw(W1, u64(TIME), W1.sign(bytesOf(`cosignature/v1\ntime 0${TIME}\n${BODY}`)))),
    [W1],
  );
  wrong(
    'ed25519-with-signatures',
    'signed with the signature lines',
    note(raw(W1, u64(TIME), W1.sign(bytesOf(`cosignature/v1\ntime ${TIME}\n${NOTE}`)))),
    [W1],
  );
  wrong(
    'ed25519-little-endian',
    'the time in little-endian order',
    note(raw(W1, u64(TIME).reverse(), W1.sign(bytesOf(`cosignature/v1\ntime ${TIME}\n${BODY}`)))),
    [W1],
  );
  wrong(
    'ed25519-other-key',
    'the signature of another witness under this id',
    note(raw(W1, u64(TIME), W2.sign(bytesOf(`cosignature/v1\ntime ${TIME}\n${BODY}`)))),
    [W1],
  );
  wrong(
    'ml-dsa-other-key',
    'the signature of another witness under this id',
    note(
      raw(
        M1,
        u64(TIME),
        Buffer.from(
          mlDsaCosigned(tree, TIME, M2, { name: M1.name }).trimEnd().split(' ')[2],
          'base64',
        ).subarray(12),
      ),
    ),
    [M1],
  );
  wrong(
    'ml-dsa-other-name',
    'signed in the name of another',
    note(mlDsaCosigned(tree, TIME, M1, { name: M2.name })),
    [M1],
  );
  wrong(
    'ml-dsa-other-origin',
    'signed for another origin',
    note(mlDsaCosigned({ ...tree, origin: 'log.example/other' }, TIME, M1)),
    [M1],
  );
  wrong(
    'ml-dsa-start',
    'signed for a subtree that does not begin at 0',
    note(mlDsaCosigned({ ...tree, start: 8 }, TIME, M1)),
    [M1],
  );
  wrong(
    'ml-dsa-start-no-time',
    'a true subtree cosignature is none of the checkpoint',
    note(mlDsaCosigned({ ...tree, start: 8 }, 0, M1)),
    [M1],
  );
  wrong('ml-dsa-end', 'signed for another size', note(mlDsaCosigned({ ...tree, size: SIZE + 1 }, TIME, M1)), [
    M1,
  ]);
  wrong(
    'ml-dsa-root',
    'signed for another root',
    note(mlDsaCosigned({ ...tree, root: Buffer.alloc(32) }, TIME, M1)),
    [M1],
  );
  wrong(
    'ml-dsa-as-ed25519',
    'signed over the message of Ed25519',
    note(raw(M1, u64(TIME), M1.sign(bytesOf(`cosignature/v1\ntime ${TIME}\n${BODY}`)))),
    [M1],
  );
  wrong(
    'ml-dsa-not-a-checkpoint',
    'over a text that is no checkpoint',
    octets(`a\n\n${mlDsaCosigned(tree, TIME, M1)}`),
    [M1],
  );
  wrong(
    'ml-dsa-extension',
    'over a checkpoint with an extension line, which it does not sign',
    octets(`${extended}\n${mlDsaCosigned(tree, TIME, M1)}`),
    [M1],
    profile('no-extension-lines'),
  );
  const tooLong = 'o'.repeat(256);
  wrong(
    'ml-dsa-origin-256',
    'over an origin of 256 octets, for which the structure has no room',
    octets(`${checkpoint({ origin: tooLong })}\n${mlDsaCosigned(tree, TIME, M1)}`),
    [M1],
  );
  for (const [id, what, decimal] of OVER_LIMIT.filter(([id]) => id !== '2-53-plus-1')) {
    const time = BigInt(decimal);
    const more = time < 2n ** 63n ? profile('limits') : {};
    wrong(`ed25519-time-${id}`, `a time of ${what}`, note(cosigned(BODY, time, W1)), [W1], more);
    wrong(`ml-dsa-time-${id}`, `a time of ${what}`, note(mlDsaCosigned(tree, time, M1)), [M1], more);
  }
  return t.done();
}
