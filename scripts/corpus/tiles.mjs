/** Paths of tiles, and bundles of entries. */
import { BAD_DECIMALS, base64, bytesOf, octets, parts, profile, table, text } from './make.mjs';

export function tilePaths() {
  const t = table(
    'tile-path',
    'tlog-tiles',
    'Paths of tiles and of bundles of entries, without the prefix of the log. A level is a number or "entries". A refused path has no code: servers answer 404.',
  );
  const ok = (id, path, level, index, width = 256, more) =>
    t.accepted(id, path, text(path), { level, index, width }, more);
  const bad = (id, what, path, more) => t.refused(id, what, text(path), null, more);
  ok('first', 'tile/0/000', 0, 0);
  ok('specification', 'tile/0/x001/x234/067', 0, 1234067);
  ok('999', 'tile/0/999', 0, 999);
  ok('1000', 'tile/0/x001/000', 0, 1000);
  ok('1000000', 'tile/1/x001/x000/000', 1, 1000000);
  ok('level-9', 'tile/9/000', 9, 0);
  ok('level-10', 'tile/10/000', 10, 0);
  ok('level-63', 'tile/63/000', 63, 0);
  ok('entries', 'tile/entries/x123/456', 'entries', 123456);
  ok('partial-1', 'tile/0/000.p/1', 0, 0, 1);
  ok('partial-255', 'tile/2/x001/067.p/255', 2, 1067, 255);
  ok('partial-entries', 'tile/entries/000.p/10', 'entries', 0, 10);
  ok('2-53-minus-1', 'tile/0/x009/x007/x199/x254/x740/991', 0, 9007199254740991);
  for (const [id, what, number] of BAD_DECIMALS.filter(
    ([, , number]) => !/^[0-9]+$/.test(number) || number === '00' || number === '013',
  )) {
    bad(`level-${id}`, `the level: ${what}`, `tile/${number}/000`);
    bad(`width-${id}`, `the width: ${what}`, `tile/0/000.p/${number}`);
  }
  bad('level-64', 'a level over 63', 'tile/64/000');
  bad('level-100', 'a level of three digits', 'tile/100/000');
  bad('level-data', 'data, as an older format had it', 'tile/data/000');
  bad('level-upper-case', 'ENTRIES', 'tile/ENTRIES/000');
  bad('height', 'a height, as an older format had it', 'tile/8/0/000');
  bad('width-0', 'a width of 0', 'tile/0/000.p/0');
  bad('width-256', 'a partial tile that is full', 'tile/0/000.p/256');
  bad('width-257', 'a width over 256', 'tile/0/000.p/257');
  bad('width-2-32-plus-1', 'a width that 32 bits take for 1', 'tile/0/000.p/4294967297');
  bad('width-missing', 'a partial tile without a width', 'tile/0/000.p');
  bad('width-missing-slash', 'a partial tile with a slash and no width', 'tile/0/000.p/');
  bad('width-group', 'the width as a group of digits', 'tile/0/000.p/x001/000');
  bad('suffix-upper-case', '.P', 'tile/0/000.P/1');
  bad('suffix-early', 'the suffix on a group that is not the last', 'tile/0/x001.p/1/000');
  bad('index-one-digit', 'an index of one digit', 'tile/0/0');
  bad('index-four-digits', 'an index of four digits', 'tile/0/1000');
  bad('index-no-x', 'groups without x', 'tile/0/001/067');
  bad('index-x-last', 'x on the last group', 'tile/0/x001');
  bad('index-x-upper-case', 'X', 'tile/0/X001/067');
  bad('index-leading-group', 'a leading group of zeros', 'tile/0/x000/067');
  bad('index-empty-group', 'an empty group', 'tile/0//067');
  bad('index-x-alone', 'x without digits', 'tile/0/x/067');
  bad('index-letters', 'letters', 'tile/0/abc');
  bad('index-minus', 'a negative index', 'tile/0/-01');
  bad('index-missing', 'no index', 'tile/0');
  bad('index-empty', 'an empty index', 'tile/0/');
  bad('index-2-53', 'an index of 2^53', 'tile/0/x009/x007/x199/x254/x740/992', profile('limits'));
  bad('index-huge', 'an index of fifty digits', `tile/0/${'x999/'.repeat(16)}999`);
  bad('slash-first', 'a leading slash', '/tile/0/000');
  bad('slash-last', 'a trailing slash', 'tile/0/000/');
  bad('slash-doubled', 'a doubled slash', 'tile//0/000');
  bad('empty', 'nothing', '');
  bad('tile-only', 'tile and nothing else', 'tile');
  bad('prefix', 'another first part', 'tiles/0/000');
  bad('prefix-upper-case', 'TILE', 'TILE/0/000');
  bad('parent', 'a parent folder', 'tile/0/../000');
  bad('parent-encoded', 'an encoded parent folder', 'tile/0/%2e%2e/000');
  bad('percent', 'an encoded digit', 'tile/0/00%30');
  bad('query', 'a query', 'tile/0/000?x');
  bad('newline', 'a newline after', 'tile/0/000\n');
  bad('nul', 'U+0000 after', 'tile/0/000\0');
  bad('backslash', 'backslashes', 'tile\\0\\000');
  bad('arabic-digits', 'digits of another script', 'tile/0/\u0660\u0660\u0660');
  bad('digits-of-two-scripts', 'a digit of another script', 'tile/0/00\uff10');
  bad('extension', 'a file extension', 'tile/0/000.bin');
  return t.done();
}

export function bundles() {
  const t = table(
    'entry-bundle',
    'tlog-tiles, Log entries',
    'Bundles of entries as octets, with the number of entries that the path promises. The value lists the entries in base64.',
  );
  const framed = (...entries) =>
    Buffer.concat(
      entries.flatMap(entry => [Buffer.from([entry.length >> 8, entry.length & 255]), Buffer.from(entry)]),
    );
  const list = entries => ({ entries: entries.map(base64) });
  const width = value => ({ context: { width: value } });
  const CODE = 'peer/answer-malformed';
  const ok = (id, what, entries) =>
    t.accepted(id, what, octets(framed(...entries)), list(entries), width(entries.length));
  const bad = (id, what, bytes, of, more = {}) =>
    t.refused(id, what, octets(bytes), CODE, { ...width(of), ...more });
  const three = [bytesOf('a'), bytesOf('bb'), bytesOf('ccc')];
  ok('one', 'one entry', [bytesOf('entry')]);
  ok('one-empty', 'one empty entry', [Buffer.alloc(0)]);
  ok('three', 'three entries', three);
  ok('zeros', 'entries that look like lengths', [Buffer.alloc(2), Buffer.alloc(4), Buffer.from([0, 1])]);
  ok('256-octets', 'an entry whose length needs two octets', [Buffer.alloc(256, 1)]);
  ok(
    'full',
    'a full bundle of empty entries',
    Array.from({ length: 256 }, () => Buffer.alloc(0)),
  );
  t.accepted(
    'largest-entry',
    'an entry of 65,535 octets',
    parts({ base64: '//8=' }, { text: 'a', times: 65535 }),
    list([Buffer.alloc(65535, 0x61)]),
    width(1),
  );
  const whole = framed(...three);
  bad('empty', 'nothing where an entry is promised', Buffer.alloc(0), 1);
  bad('half-length', 'half of a length', [0], 1);
  bad('length-only', 'a length and no entry', [0, 1], 1);
  bad('cut-off', 'the last entry is cut off', whole.subarray(0, -1), 3);
  bad('cut-off-length', 'the last length is cut off', whole.subarray(0, -4), 3);
  bad('fewer', 'fewer entries than promised', whole, 4);
  bad('surplus-octet', 'an octet after the last entry', [...whole, 0], 3);
  bad('surplus-length', 'a length after the last entry that promises more', [...whole, 0, 9], 3);
  bad('length-too-large', 'a length that goes beyond the end', [0xff, 0xff, 1, 2, 3], 1);
  bad('little-endian', 'lengths in little-endian order', Buffer.concat([Buffer.from([1, 0]), three[0]]), 1);
  bad('four-octet-length', 'lengths of four octets', Buffer.concat([Buffer.from([0, 0, 0, 1]), three[0]]), 1);
  bad('over-full', '257 entries', Buffer.alloc(514), 256);
  bad('gzip', 'gzip that nobody announced', Buffer.from('1f8b080000000000000363600000', 'hex'), 1);
  return t.done();
}
