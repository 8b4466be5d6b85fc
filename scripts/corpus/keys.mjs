/** Verifier keys, signature lines and signed notes. */
import { FIELD, identitySignature, littleEndian, ORDER, Point, scalarOf } from './curve.mjs';
import {
  BODY,
  badBase64,
  base64,
  bytesOf,
  keyNamed,
  LOG,
  line,
  M1,
  NOTE,
  OTHER_LOG,
  octets,
  parts,
  profile,
  STRANGER,
  signed,
  table,
  text,
  vkey,
  W1,
} from './make.mjs';

const keyValue = ({ name, type, id, publicKey }) => ({
  name,
  type,
  id: Buffer.from(id).toString('hex'),
  publicKey: base64(publicKey),
});

/** Ed25519 keys that verifiers disagree about. */
function* unsoundKeys() {
  const order8 = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  let point = Point.ZERO;
  for (let i = 0; i < 8; i++) {
    yield [
      `small-order-${i}`,
      i === 0 ? 'the identity' : `a point of small order (${i} times the generator)`,
      point.toBytes(),
    ];
    point = point.add(order8);
  }
  const honest = Point.BASE.multiply(123_456_789n);
  yield ['mixed-order', 'an honest key plus a point of order 8', honest.add(order8).toBytes()];
  yield [
    'mixed-order-2',
    'an honest key plus the point of order 2',
    honest.add(order8.multiplyUnsafe(4n)).toBytes(),
  ];
  yield ['unreduced-0', 'y = p, which stands for 0', littleEndian(FIELD)];
  yield ['unreduced-1', 'y = p + 1, which stands for 1', littleEndian(FIELD + 1n)];
  yield ['unreduced-3', 'y = p + 3, a point of the curve', littleEndian(FIELD + 3n)];
  yield ['unreduced-18', 'y = p + 18, the largest there is', littleEndian(FIELD + 18n)];
  yield ['negative-zero', 'y = 1 with the sign of an x that is 0', littleEndian(1n | (1n << 255n))];
  yield ['not-on-curve', 'y = 2, which no point has', littleEndian(2n)];
  yield ['all-zero', '32 zero octets, a point of order 4', Buffer.alloc(32)];
  yield ['all-ones', '32 octets FF', Buffer.alloc(32, 0xff)];
}

/** Names that no key may have; with what each is called. */
const BAD_NAMES = [
  ['empty', 'an empty name', ''],
  ['space', 'a name with a space', 'log example'],
  ['no-break-space', 'a name with a no-break space (U+00A0)', 'log\u00a0example'],
  ['next-line', 'a name with U+0085', 'log\u0085example'],
  ['line-separator', 'a name with U+2028', 'log\u2028example'],
  ['ideographic-space', 'a name with U+3000', 'log\u3000example'],
  ['em-quad', 'a name with U+2001', 'log\u2001example'],
];

export function vkeys() {
  const t = table('vkey', 'signed-note, Verifier keys', 'Verifier keys. The input is the text of one key.');
  const CODE = 'note/key-malformed';
  t.accepted(
    'specification',
    'the example of the specification',
    text('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'),
    {
      name: 'example.com/foo',
      type: 1,
      id: '530d903a',
      publicKey: '6TJ5GubnqECkYWTJBHhkJtXngh3YspoA1hyucq/dTaQ=',
    },
  );
  t.accepted('ed25519', 'an Ed25519 key', text(LOG.vkey), keyValue(LOG));
  t.accepted('cosigner', 'a timestamped Ed25519 cosigner', text(W1.vkey), keyValue(W1));
  t.accepted('ml-dsa', 'a timestamped ML-DSA-44 cosigner', text(M1.vkey), keyValue(M1));
  for (const [id, what, name] of [
    ['one-letter', 'a name of one letter', 'a'],
    ['unicode', 'a name that is not ASCII', 'журнал.example/\u{1f511}'],
    ['zero-width', 'a name with U+200B, which is no space', 'log\u200bexample'],
    ['delete', 'a name with U+007F, which no specification forbids', 'log\u007fexample'],
    ['byte-order-mark', 'a name that begins with U+FEFF', '\ufefflog'],
    ['dash', 'a name that is an em dash', '\u2014'],
  ]) {
    const made = keyNamed(name, 1, 1);
    t.accepted(`name-${id}`, what, text(made.vkey), keyValue(made));
  }
  for (const [id, what, name] of BAD_NAMES)
    t.refused(`name-${id}`, what, text(vkey(name, 1, LOG.publicKey)), CODE);
  t.refused('name-newline', 'a name with a newline', text(vkey('log\nexample', 1, LOG.publicKey)), CODE);
  t.refused('name-tab', 'a name with a tab', text(vkey('log\texample', 1, LOG.publicKey)), CODE);
  t.refused(
    'name-nul',
    'a name with U+0000, which no note may hold',
    text(vkey('log\0example', 1, LOG.publicKey)),
    CODE,
    profile('control-characters'),
  );
  t.refused('name-plus', 'a name with a plus', text(vkey('log+example', 1, LOG.publicKey)), CODE);
  const [name, id, encoded] = [LOG.name, LOG.id.toString('hex'), base64([1, ...LOG.publicKey])];
  t.refused('empty', 'nothing', text(''), CODE);
  t.refused('name-only', 'a name and nothing else', text(name), CODE);
  t.refused('two-parts', 'no key', text(`${name}+${id}`), CODE);
  t.refused('only-separators', 'two separators alone', text('++'), CODE);
  t.refused(
    'id-wrong',
    'the key id of another key',
    text(`${name}+${OTHER_LOG.id.toString('hex')}+${encoded}`),
    CODE,
  );
  t.refused('id-upper-case', 'a key id in upper case', text(`${name}+${id.toUpperCase()}+${encoded}`), CODE);
  t.refused('id-short', 'a key id of three octets', text(`${name}+${id.slice(2)}+${encoded}`), CODE);
  t.refused('id-long', 'a key id of five octets', text(`${name}+${id}00+${encoded}`), CODE);
  t.refused('id-prefixed', 'a key id with 0x', text(`${name}+0x${id}+${encoded}`), CODE);
  t.refused('id-empty', 'an empty key id', text(`${name}++${encoded}`), CODE);
  t.refused(
    'id-renamed',
    'a key whose name was changed and whose id was not',
    text(`${name}x+${id}+${encoded}`),
    CODE,
  );
  t.refused('leading-space', 'a space before', text(` ${LOG.vkey}`), CODE);
  t.refused('trailing-newline', 'a newline after', text(`${LOG.vkey}\n`), CODE);
  t.refused('doubled', 'the key twice', text(`${LOG.vkey}${LOG.vkey}`), CODE);
  // 33 octets take 44 digits without padding; 32 of a key without its type have it.
  const lead = `${name}+${id}+`;
  t.refused('key-padding', 'padding after 33 octets, which need none', text(`${lead}${encoded}=`), CODE);
  t.refused(
    'key-url-safe',
    'the alphabet for URLs',
    text(
      `${lead}${encoded
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replace(/^(.{9})./, '$1_')}`,
    ),
    CODE,
  );
  t.refused(
    'key-newline',
    'a newline inside the base64',
    text(`${lead}${encoded.slice(0, 20)}\n${encoded.slice(20)}`),
    CODE,
  );
  t.refused(
    'key-space',
    'a space inside the base64',
    text(`${lead}${encoded.slice(0, 20)} ${encoded.slice(20)}`),
    CODE,
  );
  t.refused('key-truncated', 'base64 that is cut off', text(`${lead}${encoded.slice(0, -1)}`), CODE);
  t.refused('key-surplus-octet', 'an octet after the key', text(vkey(name, 1, [...LOG.publicKey, 0])), CODE);
  t.refused('key-missing-octet', 'a key of 31 octets', text(vkey(name, 1, LOG.publicKey.subarray(1))), CODE);
  t.refused('key-type-only', 'a type and no key', text(vkey(name, 1, [])), CODE);
  t.refused('key-nothing', 'not even a type', text(`${lead}`), CODE);
  for (const type of [0, 2, 3, 5, 7, 0x80, 0xfa, 0xff])
    t.refused(
      `type-${type}`,
      `a key of type ${type}`,
      text(vkey(name, type, LOG.publicKey)),
      CODE,
      type === 2 || type === 5 ? profile('key-types') : {},
    );
  t.refused(
    'type-mixed',
    'ML-DSA-44 by its type, Ed25519 by its length',
    text(vkey(name, 6, LOG.publicKey)),
    CODE,
  );
  t.refused(
    'type-mixed-other',
    'Ed25519 by its type, ML-DSA-44 by its length',
    text(vkey(name, 1, M1.publicKey)),
    CODE,
  );
  t.refused(
    'ml-dsa-short',
    'an ML-DSA-44 key that lacks an octet',
    text(vkey(name, 6, M1.publicKey.subarray(1))),
    CODE,
  );
  t.refused(
    'ml-dsa-long',
    'an ML-DSA-44 key with an octet too many',
    text(vkey(name, 6, [...M1.publicKey, 0])),
    CODE,
  );
  for (const [bad, what, publicKey] of unsoundKeys()) {
    t.refused(`unsound-${bad}`, what, text(vkey(name, 1, publicKey)), CODE, profile('sound-keys'));
  }
  t.refused(
    'unsound-cosigner',
    'a cosigner whose key is the identity',
    text(vkey(name, 4, littleEndian(1n))),
    CODE,
    profile('sound-keys'),
  );
  return t.done();
}

const lineValue = (name, id, signature) => ({
  name,
  keyId: Buffer.from(id).toString('hex'),
  signature: base64(signature),
});

export function signatureLines() {
  const t = table(
    'signature-line',
    'signed-note, Format',
    'One signature line of a note, without its newline. Nothing is verified.',
  );
  const CODE = 'note/malformed';
  const id = LOG.id;
  const signature = Buffer.alloc(64, 0x5a);
  const good = line(LOG.name, id, signature).slice(0, -1);
  const encoded = good.slice(good.lastIndexOf(' ') + 1);
  t.accepted('ed25519', '64 octets of signature', text(good), lineValue(LOG.name, id, signature));
  t.accepted(
    'shortest',
    'one octet of signature',
    text(line('a', id, [0]).slice(0, -1)),
    lineValue('a', id, [0]),
  );
  t.accepted(
    'ml-dsa',
    '2,428 octets of signature',
    text(line('a', id, Buffer.alloc(2428, 1)).slice(0, -1)),
    lineValue('a', id, Buffer.alloc(2428, 1)),
  );
  t.accepted(
    'id-zero',
    'a key id of zeros',
    text(line('a', Buffer.alloc(4), signature).slice(0, -1)),
    lineValue('a', Buffer.alloc(4), signature),
  );
  t.accepted(
    'name-unicode',
    'a name that is not ASCII',
    text(line('журнал', id, signature).slice(0, -1)),
    lineValue('журнал', id, signature),
  );
  // Hexadecimal of 68 octets happens to be base64.
  for (const [bad, what, other] of [...badBase64(encoded)].filter(([bad]) => bad !== 'hex'))
    t.refused(`base64-${bad}`, what, text(`\u2014 ${LOG.name} ${other}`), CODE);
  for (const [bad, what, name] of BAD_NAMES)
    t.refused(`name-${bad}`, what, text(`\u2014 ${name} ${encoded}`), CODE);
  t.refused('name-plus', 'a name with a plus', text(`\u2014 log+example ${encoded}`), CODE);
  t.refused('name-missing', 'no name', text(`\u2014 ${encoded}`), CODE);
  t.refused('empty', 'nothing', text(''), CODE);
  t.refused('dash-only', 'an em dash and nothing else', text('\u2014'), CODE);
  t.refused('hyphen', 'a hyphen for the em dash', text(`- ${LOG.name} ${encoded}`), CODE);
  t.refused('en-dash', 'an en dash for the em dash', text(`\u2013 ${LOG.name} ${encoded}`), CODE);
  t.refused('two-dashes', 'two em dashes', text(`\u2014\u2014 ${LOG.name} ${encoded}`), CODE);
  t.refused('no-space', 'no space after the dash', text(`\u2014${LOG.name} ${encoded}`), CODE);
  t.refused('two-spaces', 'two spaces after the dash', text(`\u2014  ${LOG.name} ${encoded}`), CODE);
  t.refused('two-spaces-later', 'two spaces after the name', text(`\u2014 ${LOG.name}  ${encoded}`), CODE);
  t.refused(
    'no-break-space',
    'a no-break space after the dash',
    text(`\u2014\u00a0${LOG.name} ${encoded}`),
    CODE,
  );
  t.refused('indented', 'a space before the dash', text(` ${good}`), CODE);
  t.refused('surplus-field', 'a fourth field', text(`${good} ${encoded}`), CODE);
  t.refused('id-only', 'a key id and no signature', text(`\u2014 a ${base64(id)}`), CODE);
  t.refused('id-short', 'three octets in all', text(`\u2014 a ${base64(id.subarray(1))}`), CODE);
  return t.done();
}

export function notes() {
  const t = table('note', 'signed-note, Format', 'Signed notes as octets. Nothing is verified.');
  const CODE = 'note/malformed';
  const one = signed('a\n');
  const value = (body, ...lines) => ({
    text: body,
    signatures: lines.map(each => {
      const [, name, encoded] = each.trimEnd().split(' ');
      const bytes = Buffer.from(encoded, 'base64');
      return lineValue(name, bytes.subarray(0, 4), bytes.subarray(4));
    }),
  });
  for (const [id, what, body] of [
    ['plain', 'one line of text', 'a\n'],
    ['empty-line-inside', 'a text with an empty line', 'a\n\nb\n'],
    ['empty-lines-inside', 'a text with many empty lines', 'a\n\n\n\nb\n'],
    ['begins-empty', 'a text that begins with an empty line', '\na\n'],
    ['only-newline', 'a text of one newline', '\n'],
    ['unicode', 'a text that is not ASCII', 'Ognuno è solo \u{1f511}\n'],
    ['high-controls', 'U+007F and U+0080, which are not below U+0020', 'a\u007f\u0080\n'],
    ['byte-order-mark', 'a text that begins with U+FEFF', '\ufeffa\n'],
    ['line-separator', 'U+2028 ends no line', 'a\u2028b\n'],
    ['looks-signed', 'a text that holds a signature line', `a\n${one}`],
    ['looks-like-a-note', 'a text that is a note', `a\n\n${one}`],
    ['spaces', 'a text of spaces', '   \n'],
  ])
    t.accepted(id, what, octets(`${body}\n${signed(body)}`), value(body, signed(body)));
  t.accepted('checkpoint', 'a checkpoint', octets(NOTE), value(BODY, signed(BODY)));
  t.accepted(
    'two-signatures',
    'two signatures',
    octets(`a\n\n${one}${signed('a\n', STRANGER)}`),
    value('a\n', one, signed('a\n', STRANGER)),
  );
  t.accepted(
    'same-line-twice',
    'the same line twice, which only matters once it is verified',
    octets(`a\n\n${one}${one}`),
    value('a\n', one, one),
  );
  const sixteen = Array.from({ length: 16 }, (_, i) => line(`k${i}`, LOG.id, Buffer.alloc(64, i)));
  t.accepted(
    '16-signatures',
    'as many signatures as everybody must accept',
    octets(`a\n\n${sixteen.join('')}`),
    value('a\n', ...sixteen),
  );
  t.refused('empty', 'nothing', octets(''), CODE);
  t.refused('newline', 'a newline', octets('\n'), CODE);
  t.refused('two-newlines', 'two newlines', octets('\n\n'), CODE);
  t.refused('unsigned', 'a text without signatures', octets('a\n'), CODE);
  t.refused('empty-block', 'a blank line and no signature', octets('a\n\n'), CODE);
  t.refused('no-blank-line', 'no blank line', octets(`a\n${one}`), CODE);
  t.refused('blank-after', 'a blank line after the signatures', octets(`a\n\n${one}\n`), CODE);
  t.refused('blank-between', 'a blank line between the signatures', octets(`a\n\n${one}\n\n`), CODE);
  t.refused('text-after', 'text after the signatures', octets(`a\n\n${one}b\n`), CODE);
  t.refused('no-final-newline', 'the last newline is missing', octets(`a\n\n${one.slice(0, -1)}`), CODE);
  t.refused('text-no-newline', 'a text that does not end in a newline', octets(`a${one}`), CODE);
  t.refused('only-signatures', 'no text, not even a blank line', octets(one), CODE);
  t.refused('blank-and-signature', 'an empty text', octets(`\n${one}`), CODE);
  t.refused(
    'carriage-returns',
    'lines that end in CR LF',
    octets(`a\r\n\r\n${one.replace('\n', '\r\n')}`),
    CODE,
  );
  t.refused('carriage-return-text', 'a carriage return in the text', octets(`a\r\n\n${one}`), CODE);
  t.refused(
    'carriage-return-line',
    'a carriage return after a signature',
    octets(`a\n\n${one.replace('\n', '\r\n')}`),
    CODE,
  );
  t.refused('blank-with-space', 'a space on the blank line', octets(`a\n \n${one}`), CODE);
  for (const control of [0x00, 0x01, 0x08, 0x09, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f])
    t.refused(
      `control-${control.toString(16).padStart(2, '0')}`,
      `the control character ${control.toString(16).padStart(2, '0')} in the text`,
      octets('a', [control], `\n\n${one}`),
      CODE,
    );
  t.refused(
    'control-in-name',
    'a control character in a name',
    octets(`a\n\n\u2014 a\u0001 ${base64(Buffer.alloc(68))}\n`),
    CODE,
  );
  for (const [id, what, bad] of [
    ['continuation', 'a continuation octet alone', [0x80]],
    ['overlong', 'an overlong slash', [0xc0, 0xaf]],
    ['surrogate', 'an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['over-10ffff', 'a code point over U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['cut-off', 'a character that is cut off', [0xe2, 0x80]],
    ['ff', 'the octet FF', [0xff]],
    ['latin-1', 'Latin-1', [0xe9]],
  ])
    t.refused(`utf-8-${id}`, `${what} in the text`, octets('a', bad, `\n\n${one}`), CODE);
  t.refused(
    'utf-8-in-name',
    'ill-formed UTF-8 in a name',
    octets('a\n\n\u2014 b', [0xff], ` ${base64(Buffer.alloc(68))}\n`),
    CODE,
  );
  t.refused('utf-16', 'UTF-16', octets(Buffer.from(`a\n\n${one}`, 'utf16le')), CODE);
  t.refused(
    'bad-line-among-good',
    'one bad line among good ones',
    octets(`a\n\n${one}- b AAAA\n${one}`),
    CODE,
  );
  t.refused(
    'bad-base64-among-good',
    'one line of bad base64 among good ones',
    octets(`a\n\n${one}\u2014 b AAAAAAA\n`),
    CODE,
  );
  const many = line('k', LOG.id, [1]);
  t.refused(
    '101-signatures',
    'more than 100 signatures',
    parts({ text: 'a\n\n' }, { text: many, times: 101 }),
    CODE,
    profile('limits'),
  );
  t.refused(
    'over-1-mib',
    'more than 1 MiB',
    parts({ text: 'a', times: 1 << 20 }, { text: `\n\n${one}` }),
    CODE,
    profile('limits'),
  );
  return t.done();
}

/** Which signatures of a note verify. */
export function verifiedNotes() {
  const t = table(
    'verified-note',
    'signed-note, Signatures',
    'Signed notes with the keys that the reader knows. The value lists the known keys that signed, in the order of the context, each with the time that it states, and the number of lines by unknown keys. A note that nobody known has signed is accepted with an empty list: whether that is enough is for the caller to say.',
  );
  const known = (...keys) => ({ context: { keys: keys.map(key => key.vkey) } });
  const value = (verified, unknown = 0) => ({
    verified: verified.map(key => ({ key: key.label, time: null })),
    unknown,
  });
  const [FORGED, BAD] = ['note/signature-invalid', 'note/malformed'];
  const example = 'This is an example message.\n';
  const exampleLine =
    '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  t.accepted(
    'specification',
    'the example of the specification',
    octets(`${example}\n${exampleLine}`),
    { verified: [{ key: 'example.com/foo+530d903a', time: null }], unknown: 0 },
    { context: { keys: ['example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'] } },
  );
  t.accepted('known', 'one known key', octets(NOTE), value([LOG]), known(LOG));
  t.accepted('unknown', 'one unknown key', octets(NOTE), value([], 1), known(STRANGER));
  t.accepted('nobody-known', 'no key is known', octets(NOTE), value([], 1), known());
  t.accepted(
    'known-and-unknown',
    'a known key and a stranger',
    octets(`${BODY}\n${signed(BODY, STRANGER)}${signed(BODY)}`),
    value([LOG], 1),
    known(LOG),
  );
  t.accepted(
    'two-known',
    'two known keys, in another order than the lines',
    octets(`${BODY}\n${signed(BODY)}${signed(BODY, OTHER_LOG)}`),
    value([OTHER_LOG, LOG]),
    known(OTHER_LOG, LOG),
  );
  const nonsense = line(LOG.name, Buffer.from([0, 0, 0, 1]), Buffer.alloc(64));
  t.accepted(
    'same-name-other-id',
    'nonsense by the name of a known key under another id',
    octets(`${NOTE}${nonsense}`),
    value([LOG], 1),
    known(LOG),
  );
  t.accepted(
    'same-id-other-name',
    'nonsense under the id of a known key by another name',
    octets(`${NOTE}${line('b', LOG.id, Buffer.alloc(64))}`),
    value([LOG], 1),
    known(LOG),
  );
  t.accepted(
    'unknown-twice',
    'the line of a stranger twice',
    octets(`${NOTE}${signed(BODY, STRANGER)}${signed(BODY, STRANGER)}`),
    value([LOG], 2),
    known(LOG),
  );
  t.accepted(
    'grease',
    'a line of an unknown type and an odd length',
    octets(`${NOTE}${line('grease.invalid', Buffer.from([1, 2, 3, 4]), Buffer.alloc(3, 7))}`),
    value([LOG], 1),
    known(LOG),
  );
  const flip = (body, at, by = LOG) => {
    const signature = Buffer.from(by.sign(bytesOf(body)));
    signature[at] ^= 1;
    return line(by.name, by.id, signature);
  };
  t.refused('flipped-r', 'a flipped bit in R', octets(`${BODY}\n${flip(BODY, 0)}`), FORGED, known(LOG));
  t.refused('flipped-s', 'a flipped bit in S', octets(`${BODY}\n${flip(BODY, 40)}`), FORGED, known(LOG));
  t.refused(
    'zeros',
    'a signature of zeros',
    octets(`${BODY}\n${line(LOG.name, LOG.id, Buffer.alloc(64))}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'short',
    'a signature of 63 octets',
    octets(`${BODY}\n${line(LOG.name, LOG.id, LOG.sign(bytesOf(BODY)).subarray(1))}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'long',
    'a signature of 65 octets',
    octets(`${BODY}\n${line(LOG.name, LOG.id, Buffer.concat([LOG.sign(bytesOf(BODY)), Buffer.alloc(1)]))}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'other-text',
    'a signature of another text',
    octets(`${BODY}\n${signed('a\n')}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'without-newline',
    'a signature of the text without its final newline',
    octets(`${BODY}\n${signed(BODY.slice(0, -1))}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'with-blank-line',
    'a signature of the text with the blank line',
    octets(`${BODY}\n${signed(`${BODY}\n`)}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'other-key',
    'the signature of another key under this id',
    octets(`${BODY}\n${line(LOG.name, LOG.id, STRANGER.sign(bytesOf(BODY)))}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'one-of-two-forged',
    'a good signature and a forged one, both by known keys',
    octets(`${NOTE}${flip(BODY, 3, STRANGER)}`),
    FORGED,
    known(LOG, STRANGER),
  );
  t.refused(
    'forged-after-unknown',
    'a forged signature after a stranger',
    octets(`${BODY}\n${signed(BODY, STRANGER)}${flip(BODY, 3)}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'cosignature-as-plain',
    'a timestamped signature under the id of a plain key',
    octets(`${BODY}\n${line(LOG.name, LOG.id, Buffer.concat([Buffer.alloc(8), LOG.sign(bytesOf(BODY))]))}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'ml-dsa-as-plain',
    'an ML-DSA-44 signature under the id of a plain key',
    octets(`${BODY}\n${line(LOG.name, LOG.id, Buffer.alloc(2420, 1))}`),
    FORGED,
    known(LOG),
  );
  t.refused('twice', 'the line of a known key twice', octets(`${NOTE}${signed(BODY)}`), BAD, {
    ...known(LOG),
    ...profile('one-signature-per-key'),
  });
  t.refused(
    'twice-second-forged',
    'a good and a forged line of one known key',
    octets(`${NOTE}${flip(BODY, 3)}`),
    BAD,
    { ...known(LOG), ...profile('one-signature-per-key') },
  );
  const genuine = LOG.sign(bytesOf(BODY));
  t.refused(
    's-unreduced',
    'S plus the order of the group',
    octets(
      `${BODY}\n${line(LOG.name, LOG.id, Buffer.concat([genuine.subarray(0, 32), littleEndian(scalarOf(genuine.subarray(32)) + ORDER)]))}`,
    ),
    FORGED,
    { ...known(LOG), source: 'RFC 8032 §5.1.7' },
  );
  t.refused(
    's-zero-r-identity',
    'R the identity and S zero',
    octets(`${BODY}\n${line(LOG.name, LOG.id, Buffer.concat([littleEndian(1n), Buffer.alloc(32)]))}`),
    FORGED,
    known(LOG),
  );
  t.refused(
    'r-identity',
    'R the identity, and S that fits: a signature that reveals its key',
    octets(`${BODY}\n${line(LOG.name, LOG.id, identitySignature(1, bytesOf(BODY)))}`),
    FORGED,
    { ...known(LOG), ...profile('sound-signatures') },
  );
  return t.done();
}
