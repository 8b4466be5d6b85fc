/** Witness policies, and what satisfies them. */
import {
  LOG,
  M1,
  M2,
  OTHER_LOG,
  octets,
  parts,
  profile,
  STRANGER,
  table,
  vkey,
  W1,
  W2,
  W3,
  W4,
} from './make.mjs';

const group = (threshold, ...members) => ({ threshold, members });
const w = key => ({ witness: key.label });
const listed = (key, url = null) => ({ key: key.label, url });
const cosignerLines = `witness a ${W1.vkey}\nwitness b ${W2.vkey}\nwitness c ${W3.vkey}\nwitness d ${W4.vkey}\n`;
const THREE = [listed(W1), listed(W2), listed(W3), listed(W4)];

export function policies() {
  const t = table(
    'policy',
    'tlog-policy',
    'Policy files as octets. The value names keys by `<name>+<key id>`, because the names of witnesses and groups mean nothing outside of the file; `quorum` is "none", {witness} or {threshold, members}.',
  );
  const ok = (id, what, input, value, more) =>
    t.accepted(
      id,
      what,
      typeof input === 'string' ? octets(input) : input,
      { logs: [], witnesses: [], ...value },
      more,
    );
  const bad = (id, what, input, code = 'policy/malformed', more = {}) =>
    t.refused(id, what, typeof input === 'string' ? octets(input) : input, code, more);
  ok('none', 'no witnesses', 'quorum none\n', { quorum: 'none' });
  ok(
    'no-final-newline',
    'the last newline is missing',
    'quorum none',
    { quorum: 'none' },
    profile('last-newline'),
  );
  ok('log', 'a log', `log ${LOG.vkey}\nquorum none\n`, { logs: [listed(LOG)], quorum: 'none' });
  ok('log-url', 'a log with a URL', `log ${LOG.vkey} https://log.example/\nquorum none\n`, {
    logs: [listed(LOG, 'https://log.example/')],
    quorum: 'none',
  });
  ok('two-logs', 'two logs', `log ${LOG.vkey}\nlog ${OTHER_LOG.vkey}\nquorum none\n`, {
    logs: [listed(LOG), listed(OTHER_LOG)],
    quorum: 'none',
  });
  ok('witness', 'one witness is the quorum', `witness a ${W1.vkey}\nquorum a\n`, {
    witnesses: [listed(W1)],
    quorum: w(W1),
  });
  ok('witness-ml-dsa', 'a witness of ML-DSA-44', `witness a ${M1.vkey}\nquorum a\n`, {
    witnesses: [listed(M1)],
    quorum: w(M1),
  });
  ok('witness-url', 'a witness with a URL', `witness a ${W1.vkey} https://w.example/x\nquorum a\n`, {
    witnesses: [listed(W1, 'https://w.example/x')],
    quorum: w(W1),
  });
  ok('url-opaque', 'a URL is not looked at', `witness a ${W1.vkey} not-a-url\nquorum a\n`, {
    witnesses: [listed(W1, 'not-a-url')],
    quorum: w(W1),
  });
  ok('unused-witnesses', 'witnesses that the quorum does not ask for', `${cosignerLines}quorum none\n`, {
    witnesses: THREE,
    quorum: 'none',
  });
  ok(
    'quorum-first',
    'the quorum before a witness that it does not use',
    `witness a ${W1.vkey}\nquorum a\nwitness b ${W2.vkey}\n`,
    { witnesses: [listed(W1), listed(W2)], quorum: w(W1) },
  );
  for (const [id, count, threshold] of [
    ['all', 'all', 4],
    ['any', 'any', 1],
    ['1', '1', 1],
    ['3', '3', 3],
    ['4', '4', 4],
  ])
    ok(`group-${id}`, `${count} of four`, `${cosignerLines}group g ${count} a b c d\nquorum g\n`, {
      witnesses: THREE,
      quorum: group(threshold, w(W1), w(W2), w(W3), w(W4)),
    });
  ok('group-one', 'a group of one', `witness a ${W1.vkey}\ngroup g all a\nquorum g\n`, {
    witnesses: [listed(W1)],
    quorum: group(1, w(W1)),
  });
  ok(
    'nested',
    'groups in a group',
    `${cosignerLines}group x 2 a b\ngroup y any c d\ngroup z all x y\nquorum z\n`,
    { witnesses: THREE, quorum: group(2, group(2, w(W1), w(W2)), group(1, w(W3), w(W4))) },
  );
  ok(
    'white-space',
    'tabs, runs of spaces and indented lines',
    `\t witness \t a\t${W1.vkey}  \n \t\n  quorum\ta \t\n`,
    { witnesses: [listed(W1)], quorum: w(W1) },
  );
  ok('comments', 'comments and empty lines', `# a policy\n\n  \t# indented\n#witness a x\nquorum none\n#\n`, {
    quorum: 'none',
  });
  ok('name-all', 'a witness called all', `witness all ${W1.vkey}\ngroup any all all\nquorum any\n`, {
    witnesses: [listed(W1)],
    quorum: group(1, w(W1)),
  });
  ok('name-number', 'a witness called 1', `witness 1 ${W1.vkey}\ngroup 2 1 1\nquorum 2\n`, {
    witnesses: [listed(W1)],
    quorum: group(1, w(W1)),
  });
  ok('name-keyword', 'a witness called quorum', `witness quorum ${W1.vkey}\nquorum quorum\n`, {
    witnesses: [listed(W1)],
    quorum: w(W1),
  });
  ok('name-hash', 'a # inside a line begins no comment', `witness a#b ${W1.vkey}\nquorum a#b\n`, {
    witnesses: [listed(W1)],
    quorum: w(W1),
  });
  ok(
    'name-kelvin',
    'K and the Kelvin sign are two names',
    `witness K ${W1.vkey}\nwitness \u212a ${W2.vkey}\nquorum \u212a\n`,
    { witnesses: [listed(W1), listed(W2)], quorum: w(W2) },
  );
  ok(
    'name-composed',
    'one letter in two Unicode forms makes two names',
    `witness \u00e9 ${W1.vkey}\nwitness e\u0301 ${W2.vkey}\nquorum e\u0301\n`,
    { witnesses: [listed(W1), listed(W2)], quorum: w(W2) },
  );
  ok(
    'name-no-break-space',
    'a no-break space is no white space here',
    `witness a\u00a0b ${W1.vkey}\nquorum a\u00a0b\n`,
    { witnesses: [listed(W1)], quorum: w(W1) },
  );
  ok('name-prototype', 'a witness called __proto__', `witness __proto__ ${W1.vkey}\nquorum __proto__\n`, {
    witnesses: [listed(W1)],
    quorum: w(W1),
  });
  ok(
    'name-not-utf-8',
    'names that are not UTF-8',
    octets('witness ', [0xff], ` ${W1.vkey}\nwitness `, [0xfe], ` ${W2.vkey}\nquorum `, [0xfe], '\n'),
    { witnesses: [listed(W1), listed(W2)], quorum: w(W2) },
  );
  ok(
    'name-overlong',
    'an overlong letter is another name than the letter',
    octets(`witness A ${W1.vkey}\nwitness `, [0xc1, 0x81], ` ${W2.vkey}\nquorum A\n`),
    { witnesses: [listed(W1), listed(W2)], quorum: w(W1) },
  );
  ok(
    'comment-not-utf-8',
    'a comment that is not UTF-8',
    octets('# ', [0xff, 0x80, 0xed, 0xa0, 0x80], '\nquorum none\n'),
    { quorum: 'none' },
  );
  const many = Array.from({ length: 31 }, (_, i) => `group g${i} all ${i === 0 ? 'a' : `g${i - 1}`}\n`).join(
    '',
  );
  let deep = w(W1);
  for (let i = 0; i < 31; i++) deep = group(1, deep);
  ok(
    '32-groups',
    'a chain of groups, near what everybody should support',
    `witness a ${W1.vkey}\n${many}quorum g30\n`,
    { witnesses: [listed(W1)], quorum: deep },
  );

  bad('empty', 'nothing', '');
  bad('only-comments', 'no quorum', `# nothing\n`);
  const whole = `${cosignerLines}quorum d\n`;
  bad('truncated', 'a policy that is cut off in its last line', whole.slice(0, -3));
  bad('truncated-key', 'a policy that is cut off in a key', whole.slice(0, whole.indexOf(W2.vkey) + 20));
  bad('no-quorum', 'witnesses and no quorum', cosignerLines);
  bad('two-quorums', 'two quorums', `quorum none\nquorum none\n`);
  bad('two-quorums-differ', 'two quorums that differ', `witness a ${W1.vkey}\nquorum a\nquorum none\n`);
  bad('quorum-two-names', 'a quorum of two names', `${cosignerLines}quorum a b\n`);
  bad('quorum-empty', 'a quorum without a name', `quorum\n`);
  bad('quorum-unknown', 'a quorum that is not defined', `quorum a\n`, 'policy/name-unknown');
  bad(
    'quorum-early',
    'a quorum before its witness',
    `quorum a\nwitness a ${W1.vkey}\n`,
    'policy/name-unknown',
  );
  bad('quorum-none-upper-case', 'NONE', `quorum NONE\n`, 'policy/name-unknown');
  bad(
    'quorum-key-name',
    'the name in the key is not the name in the file',
    `witness a ${W1.vkey}\nquorum ${W1.name}\n`,
    'policy/name-unknown',
  );
  bad('keyword-unknown', 'an unknown keyword', `witnesses a\nquorum none\n`);
  bad('keyword-upper-case', 'a keyword in upper case', `QUORUM none\n`);
  bad('keyword-no-break-space', 'a no-break space after the keyword', `quorum\u00a0none\n`);
  bad('log-no-key', 'a log without a key', `log\nquorum none\n`);
  bad('log-bad-key', 'a log with a key that is none', `log a\nquorum none\n`);
  bad('log-surplus', 'a log with a surplus field', `log ${LOG.vkey} https://a https://b\nquorum none\n`);
  bad('log-named', 'a log with a name, as witnesses have', `log a ${LOG.vkey}\nquorum none\n`);
  bad('witness-no-key', 'a witness without a key', `witness a\nquorum none\n`);
  bad('witness-no-name', 'a witness without a name', `witness ${W1.vkey}\nquorum none\n`);
  bad(
    'witness-surplus',
    'a witness with a surplus field',
    `witness a ${W1.vkey} https://a https://b\nquorum none\n`,
  );
  bad(
    'witness-plain-key',
    'a witness with a key that signs no time',
    `witness a ${STRANGER.vkey}\nquorum a\n`,
  );
  bad(
    'witness-wrong-id',
    'a witness with a wrong key id',
    `witness a ${W1.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')}\nquorum a\n`,
  );
  bad(
    'witness-bad-base64',
    'a witness with a key whose base64 lacks a digit',
    `witness a ${W1.vkey.slice(0, -1)}\nquorum a\n`,
  );
  bad(
    'witness-unknown-type',
    'a witness with a key of an unknown type',
    `witness a ${vkey('w', 7, W1.publicKey)}\nquorum a\n`,
  );
  bad(
    'key-twice',
    'one witness under two names',
    `witness a ${W1.vkey}\nwitness b ${W1.vkey}\nquorum a\n`,
    'policy/key-duplicate',
  );
  bad(
    'key-renamed',
    'one public key under two key names',
    `witness a ${W1.vkey}\nwitness b ${vkey('other', 4, W1.publicKey)}\nquorum a\n`,
    'policy/key-duplicate',
  );
  bad(
    'log-twice',
    'one log twice',
    `log ${LOG.vkey}\nlog ${LOG.vkey}\nquorum none\n`,
    'policy/key-duplicate',
  );
  bad(
    'log-renamed',
    'one log key under two origins',
    `log ${LOG.vkey}\nlog ${vkey('other', 1, LOG.publicKey)}\nquorum none\n`,
    'policy/key-duplicate',
  );
  bad(
    'log-is-witness',
    'one public key as log and as witness',
    `log ${LOG.vkey}\nwitness a ${vkey('w', 4, LOG.publicKey)}\nquorum a\n`,
    'policy/key-duplicate',
    profile('one-role-per-key'),
  );
  bad(
    'name-twice',
    'a name twice',
    `witness a ${W1.vkey}\nwitness a ${W2.vkey}\nquorum a\n`,
    'policy/name-duplicate',
  );
  bad(
    'name-witness-and-group',
    'a witness and a group of one name',
    `${cosignerLines}group a any b\nquorum a\n`,
    'policy/name-duplicate',
  );
  bad(
    'name-group-twice',
    'two groups of one name',
    `${cosignerLines}group g any a\ngroup g any b\nquorum g\n`,
    'policy/name-duplicate',
  );
  bad(
    'name-none',
    'a witness called none',
    `witness none ${W1.vkey}\nquorum none\n`,
    'policy/name-duplicate',
  );
  bad(
    'group-called-none',
    'a group called none',
    `witness a ${W1.vkey}\ngroup none any a\nquorum none\n`,
    'policy/name-duplicate',
  );
  bad(
    'name-not-utf-8-twice',
    'a name that is not UTF-8 twice',
    octets('witness ', [0xff], ` ${W1.vkey}\nwitness `, [0xff], ` ${W2.vkey}\nquorum none\n`),
    'policy/name-duplicate',
  );
  bad(
    'member-none',
    'none as a member',
    `witness a ${W1.vkey}\ngroup g any a none\nquorum g\n`,
    'policy/name-unknown',
  );
  bad(
    'member-unknown',
    'a member that is not defined',
    `witness a ${W1.vkey}\ngroup g any a x\nquorum g\n`,
    'policy/name-unknown',
  );
  bad(
    'member-later',
    'a member that is defined later',
    `group g any a\nwitness a ${W1.vkey}\nquorum g\n`,
    'policy/name-unknown',
  );
  bad(
    'cycle',
    'a group that is its own member',
    `witness a ${W1.vkey}\ngroup g any a g\nquorum g\n`,
    'policy/name-unknown',
  );
  bad(
    'cycle-of-two',
    'two groups that are members of each other',
    `witness a ${W1.vkey}\ngroup g any h\ngroup h any g\nquorum g\n`,
    'policy/name-unknown',
  );
  bad(
    'member-twice',
    'a member twice in one group',
    `witness a ${W1.vkey}\ngroup g any a a\nquorum g\n`,
    'policy/member-reused',
  );
  bad(
    'member-of-two',
    'a member of two groups',
    `${cosignerLines}group g any a b\ngroup h any a c\nquorum h\n`,
    'policy/member-reused',
  );
  bad(
    'group-of-two',
    'a group in two groups',
    `${cosignerLines}group g any a b\ngroup h any g c\ngroup i any g d\nquorum i\n`,
    'policy/member-reused',
  );
  for (const [id, what, count] of [
    ['0', 'a threshold of 0', '0'],
    ['5', 'a threshold of 5 of 4', '5'],
    ['minus', 'a negative threshold', '-1'],
    ['plus', 'a threshold with a plus', '+1'],
    ['fraction', 'a threshold with a fraction', '1.0'],
    ['hexadecimal', 'a hexadecimal threshold', '0x1'],
    ['exponent', 'a threshold with an exponent', '1e0'],
    ['upper-case', 'ALL', 'ALL'],
    ['word', 'a word', 'majority'],
    ['2-32-plus-1', '2^32 + 1, which 32 bits take for 1', '4294967297'],
    ['2-64-plus-1', '2^64 + 1, which 64 bits take for 1', '18446744073709551617'],
    ['arabic-digits', 'a digit of another script', '\u0661'],
  ])
    bad(`threshold-${id}`, what, `${cosignerLines}group g ${count} a b c d\nquorum g\n`);
  bad(
    'threshold-leading-zero',
    'a threshold with a leading zero',
    `${cosignerLines}group g 01 a b c d\nquorum g\n`,
    'policy/malformed',
    profile('decimals'),
  );
  bad('group-no-members', 'a group without members', `group g any\nquorum g\n`);
  bad('group-no-threshold', 'a group with nothing but a name', `group g\nquorum g\n`);
  bad('group-nothing', 'a group without a name', `group\nquorum none\n`);
  bad(
    'group-forgotten-threshold',
    'a group whose threshold was forgotten',
    `${cosignerLines}group g a b\nquorum g\n`,
  );
  for (const control of [0x00, 0x01, 0x0b, 0x0c, 0x0d, 0x1b, 0x7f])
    bad(
      `control-${control.toString(16).padStart(2, '0')}`,
      `the control character ${control.toString(16).padStart(2, '0')} in a comment`,
      octets('# ', [control], '\nquorum none\n'),
    );
  bad('carriage-returns', 'lines that end in CR LF', `quorum none\r\n`);
  bad('byte-order-mark', 'a byte order mark at the start', '\ufeffquorum none\n');
  bad(
    'over-256-kib',
    'more than 256 KiB',
    parts({ text: '#\n', times: 131073 }, { text: 'quorum none\n' }),
    'policy/malformed',
    profile('limits'),
  );
  const chain = Array.from({ length: 65 }, (_, i) => `group g${i} all ${i === 0 ? 'a' : `g${i - 1}`}\n`).join(
    '',
  );
  bad(
    '65-deep',
    'groups within groups, 65 deep',
    `witness a ${W1.vkey}\n${chain}quorum g64\n`,
    'policy/malformed',
    profile('limits'),
  );
  return t.done();
}

export function quorums() {
  const t = table(
    'quorum',
    'tlog-policy, Defining the quorum',
    'Policies with the keys that have cosigned: whether the quorum is met.',
  );
  const nested = `${cosignerLines}witness m ${M1.vkey}\nwitness n ${M2.vkey}\ngroup x 2 a b c\ngroup y any d m\ngroup z all x y\n`;
  const rows = [
    ['none', 'nobody is asked', 'quorum none\n', [], true],
    ['witness-missing', 'the one witness is missing', `${cosignerLines}quorum a\n`, [W2, W3, W4], false],
    ['witness-there', 'the one witness is there', `${cosignerLines}quorum a\n`, [W1], true],
    ['2-of-3-none', 'two of three, none there', `${cosignerLines}group g 2 a b c\nquorum g\n`, [], false],
    ['2-of-3-one', 'two of three, one there', `${cosignerLines}group g 2 a b c\nquorum g\n`, [W1], false],
    [
      '2-of-3-outsider',
      'two of three, one and an outsider there',
      `${cosignerLines}group g 2 a b c\nquorum g\n`,
      [W1, W4],
      false,
    ],
    [
      '2-of-3-twice',
      'two of three, one there twice',
      `${cosignerLines}group g 2 a b c\nquorum g\n`,
      [W1, W1],
      false,
    ],
    ['2-of-3-two', 'two of three, two there', `${cosignerLines}group g 2 a b c\nquorum g\n`, [W3, W1], true],
    ['nested-x', 'x and not y', `${nested}quorum z\n`, [W1, W2, W3], false],
    ['nested-y', 'y and half of x', `${nested}quorum z\n`, [W1, W4, M1], false],
    ['nested-both', 'both groups', `${nested}quorum z\n`, [W1, W2, M1], true],
    [
      'nested-unasked',
      'a witness outside the quorum counts for nothing',
      `${nested}quorum z\n`,
      [W1, W2, M2],
      false,
    ],
    [
      'log-is-no-witness',
      'the key of the log is no witness',
      `log ${LOG.vkey}\n${cosignerLines}quorum a\n`,
      [LOG],
      false,
    ],
  ];
  for (const [id, what, policy, cosigners, satisfied] of rows)
    t.accepted(
      id,
      what,
      octets(policy),
      { satisfied },
      { context: { keys: cosigners.map(key => key.vkey) } },
    );
  return t.done();
}
