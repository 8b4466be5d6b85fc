/** What is no COSE receipt from the outside. */
import { array, byteString, head, integer, map, NULL, tagged, textString } from '../cbor.mjs';
import { base64, bytesOf, NOTE, parts, profile, ROOT } from '../make.mjs';
import { CBOR, GENUINE, headerOf, MALFORMED, MEMBERS, receipt, refusals, sign1, UNKNOWN } from './parts.mjs';

/** What is no CBOR, or no one value of it. */
export function refusedOctets(t) {
  const { refuse } = refusals(t);
  refuse('empty', 'nothing', Buffer.alloc(0), CBOR);
  refuse('space', 'a space before', Buffer.concat([bytesOf(' '), GENUINE]), CBOR);
  refuse('newline-after', 'a newline after', Buffer.concat([GENUINE, bytesOf('\n')]), CBOR);
  refuse('newline-before', 'a newline before', Buffer.concat([bytesOf('\n'), GENUINE]), CBOR);
  refuse('surplus-octet', 'an octet after', Buffer.concat([GENUINE, Buffer.alloc(1)]), CBOR);
  refuse('doubled', 'the receipt twice', Buffer.concat([GENUINE, GENUINE]), CBOR);
  refuse('base64', 'in base64', bytesOf(base64(GENUINE)), CBOR);
  refuse('hexadecimal', 'in hexadecimal', bytesOf(GENUINE.toString('hex')), CBOR);
  refuse('prefixed-hexadecimal', 'in hexadecimal after 0x', bytesOf(`0x${GENUINE.toString('hex')}`), CBOR);
  refuse('json', 'JSON', bytesOf('{"1":-8}'), CBOR);
  refuse('note', 'a signed note', bytesOf(NOTE), CBOR);
  refuse('null', 'null', NULL, MALFORMED);
  refuse('break', 'a break alone', Buffer.from([0xff]), CBOR);
  for (const length of [1, 2, 3, 4, 5, 20, 100])
    refuse(`truncated-${length}`, `the first ${length} octets`, GENUINE.subarray(0, length), CBOR);
  for (const missing of [1, 2, 63, 64, 65, 66, 67, 68, 100])
    refuse(
      `truncated-minus-${missing}`,
      `the last ${missing} octets are missing`,
      GENUINE.subarray(0, -missing),
      CBOR,
    );
  refuse('text', 'the receipt in a byte string', byteString(GENUINE), MALFORMED);
  for (const [id, what, start] of [
    ['bytes-2-63', 'a byte string of 2^63 octets', head(2, 2n ** 63n)],
    ['bytes-2-64-minus-1', 'a byte string of 2^64 - 1 octets', head(2, 2n ** 64n - 1n)],
    ['list-2-32', 'a list of 2^32 members', head(4, 2n ** 32n)],
    ['list-2-64-minus-1', 'a list of 2^64 - 1 members', head(4, 2n ** 64n - 1n)],
    ['map-2-63', 'a map of 2^63 entries', head(5, 2n ** 63n)],
  ])
    refuse(`promised-${id}`, `${what}, and nothing of it`, tagged(18, array([start])), CBOR);
  refuse(
    'deep',
    'a thousand lists in one another',
    parts({ base64: base64([0xd2]) }, { base64: base64([0x81]), times: 1000 }, { base64: base64([0xf6]) }),
    CBOR,
    profile('limits'),
  );
  refuse(
    'deep-tags',
    'a thousand tags around one another',
    parts({ base64: base64([0xd2]), times: 1000 }, { base64: base64(GENUINE) }),
    CBOR,
    profile('limits'),
  );
  refuse(
    'over-16-kib',
    'more than 16 KiB, in a header that nobody knows',
    receipt({ header: headerOf({}, [UNKNOWN, byteString(Buffer.alloc(1 << 14))]) }),
    MALFORMED,
    profile('limits'),
  );
  refuse(
    'huge',
    'a mebibyte of zeros',
    parts({ base64: base64([0]), times: 1 << 20 }),
    MALFORMED,
    profile('limits'),
  );
}

/** What is no COSE_Sign1 with its tag and a detached payload. */
export function refusedMembers(t) {
  const { bad, refuse } = refusals(t);
  refuse('untagged', 'no tag', array(MEMBERS), MALFORMED, profile('tagged'));
  for (const tag of [0, 17, 19, 61, 98, 55799])
    refuse(`tag-${tag}`, `the tag ${tag}`, sign1(MEMBERS, tag), MALFORMED);
  refuse('tag-twice', 'the tag twice', tagged(18, sign1(MEMBERS)), MALFORMED);
  refuse(
    'tag-self-described',
    'the tag of self-described CBOR before',
    tagged(55799, sign1(MEMBERS)),
    MALFORMED,
  );
  refuse('members-3', 'no signature', sign1(MEMBERS.slice(0, 3)), MALFORMED);
  refuse('members-5', 'a fifth member', sign1([...MEMBERS, NULL]), MALFORMED);
  refuse('members-0', 'an empty list', sign1([]), MALFORMED);
  refuse('members-map', 'a map in place of the list', tagged(18, map([])), MALFORMED);
  refuse(
    'members-count-5',
    'a list that promises a fifth member',
    tagged(18, Buffer.concat([head(4, 5), ...MEMBERS])),
    CBOR,
  );
  refuse(
    'members-count-3',
    'a list that promises three members and has four',
    tagged(18, Buffer.concat([head(4, 3), ...MEMBERS])),
    CBOR,
  );
  refuse(
    'members-swapped',
    'payload and signature exchanged',
    sign1([...MEMBERS.slice(0, 2), MEMBERS[3], NULL]),
    'cose/payload-attached',
  );
  refuse(
    'header-unwrapped',
    'a protected header that is no byte string',
    sign1([headerOf(), ...MEMBERS.slice(1)]),
    MALFORMED,
  );
  refuse(
    'header-text',
    'a protected header in a text string',
    sign1([textString('a'), ...MEMBERS.slice(1)]),
    MALFORMED,
  );
  refuse(
    'unprotected-wrapped',
    'unprotected headers in a byte string',
    sign1([MEMBERS[0], byteString(MEMBERS[1]), ...MEMBERS.slice(2)]),
    MALFORMED,
  );
  refuse(
    'unprotected-list',
    'unprotected headers as a list',
    sign1([MEMBERS[0], array([]), ...MEMBERS.slice(2)]),
    MALFORMED,
  );
  refuse(
    'signature-text',
    'a signature as text',
    sign1([...MEMBERS.slice(0, 3), textString('a'.repeat(64))]),
    MALFORMED,
  );
  refuse(
    'signature-null',
    'null in place of the signature',
    sign1([...MEMBERS.slice(0, 3), NULL]),
    MALFORMED,
  );
  for (const [id, what, payload] of [
    ['root', 'the root', byteString(ROOT)],
    ['empty', 'an empty byte string', byteString([])],
    ['false', 'false', Buffer.from([0xf4])],
    ['zero', 'the number 0', integer(0)],
    ['text', 'an empty text', textString('')],
  ])
    bad(
      `payload-${id}`,
      `as payload: ${what}`,
      { payload },
      'cose/payload-attached',
      profile('detached-payload'),
    );
  bad('payload-undefined', 'as payload: undefined', { payload: Buffer.from([0xf7]) }, CBOR);
}
