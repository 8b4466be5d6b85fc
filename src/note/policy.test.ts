import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { testCosigner, testKey, testMlDsaCosigner } from '../../test/support/keys.js';
import { mutants, parseOrRefuse } from '../../test/support/mutation.js';
import { thorough } from '../../test/support/thoroughness.js';
import { concat, fromUtf8, utf8 } from '../bytes/octets.js';
import type { ReasonCode } from '../reason.js';
import { formatVerifierKey, parseVerifierKey, verifierKey } from './key.js';
import { parsePolicy, parsePolicyBytes, type Quorum, satisfies, type WitnessPolicy } from './policy.js';

// The soundness of a key takes longer than all else in a policy: here each key is judged once.
vi.mock(import('../bytes/ed25519.js'), async original => {
  const module = await original();
  const verdicts = new Map<string, boolean>();
  const isSoundPublicKey = (key: Uint8Array) => {
    const name = key.join();
    const verdict = verdicts.get(name) ?? module.isSoundPublicKey(key);
    verdicts.set(name, verdict);
    return verdict;
  };
  return { ...module, isSoundPublicKey };
});

const LOG = formatVerifierKey(testKey('example.com/log', 1).key);
const keyOf = (seed: number): string => formatVerifierKey(testCosigner(`witness${seed}.example`, seed).key);
const [A, B, C, D, E, F] = [11, 12, 13, 14, 15, 16].map(keyOf) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const WITNESSES = `witness A ${A}\nwitness B ${B}\nwitness C ${C}\n`;

/** The example of tlog-policy: two of three X, and any Y. */
const EXAMPLE = `log ${LOG}

witness X1 ${A}
witness X2 ${B}
witness X3 ${C}
group X-witnesses 2 X1 X2 X3

witness Y1 ${D}
witness Y2 ${E}
witness Y3 ${F}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

/** The verdict on the witnesses that are named, each by the key that the policy holds for it. */
function verdict(policy: WitnessPolicy, names: readonly string[]): boolean {
  const keys = names.map(name => policy.witnesses.get(name)?.key ?? expect.fail(`no witness ${name}`));
  return satisfies(policy.quorum, keys);
}

function* subsets<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let mask = 0; mask < 1 << items.length; mask++) yield items.filter((_, i) => (mask >> i) & 1);
}

describe('tlog-policy, "Example policy"', () => {
  const policy = parsePolicy(EXAMPLE);

  it('one log, six witnesses, no addresses', () => {
    expect(policy.logs).toEqual([{ key: parseVerifierKey(LOG), url: null }]);
    expect([...policy.witnesses.keys()]).toEqual(['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']);
    expect(policy.witnesses.get('X1')).toEqual({ key: parseVerifierKey(A), url: null });
  });

  it('every set of cosigners is judged as the sentence of the specification says', () => {
    for (const names of subsets(['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'])) {
      const count = (letter: string) => names.filter(name => name.startsWith(letter)).length;
      expect(verdict(policy, names), names.join()).toBe(count('X') >= 2 && count('Y') >= 1);
    }
  });

  it('a cosigner is known by its key, whatever object the key comes in', () => {
    expect(satisfies(policy.quorum, [A, C, F].map(parseVerifierKey))).toBe(true);
    expect(satisfies(policy.quorum, [A, A, F].map(parseVerifierKey))).toBe(false);
    const { name, publicKey } = parseVerifierKey(A);
    const others = [verifierKey(name, 1, publicKey), verifierKey('other.example', 4, publicKey)];
    for (const other of others)
      expect(satisfies(policy.quorum, [other, ...[C, F].map(parseVerifierKey)])).toBe(false);
  });

  it('keys that the policy does not name count for nothing, and repeated ones count once', () => {
    const stranger = testCosigner('stranger.example', 99).key;
    expect(satisfies(policy.quorum, [stranger, testKey('example.com/log', 1).key])).toBe(false);
    expect(verdict(policy, ['X1', 'X1', 'Y1'])).toBe(false);
  });
});

describe('tlog-policy, "Defining the quorum"', () => {
  it('a single witness', () => {
    const policy = parsePolicy(`${WITNESSES}quorum B\n`);
    for (const names of subsets(['A', 'B', 'C'])) expect(verdict(policy, names)).toBe(names.includes('B'));
  });

  it('none asks for nothing, even where there are witnesses', () => {
    expect(satisfies(parsePolicy('quorum none').quorum, [])).toBe(true);
    expect(satisfies(parsePolicy(`${WITNESSES}quorum none`).quorum, [])).toBe(true);
  });

  it('names that are only keywords elsewhere are names like others', () => {
    const policy = parsePolicy(
      `witness all ${A}\nwitness log ${B}\ngroup quorum any all log\nquorum quorum\n`,
    );
    expect(verdict(policy, ['log'])).toBe(true);
  });
});

describe('tlog-policy, "Defining a witness group"', () => {
  it.each([
    ['any', 1],
    ['1', 1],
    ['2', 2],
    ['3', 3],
    ['all', 3],
  ])('%s of three', (threshold, least) => {
    const policy = parsePolicy(`${WITNESSES}group G ${threshold} A B C\nquorum G\n`);
    for (const names of subsets(['A', 'B', 'C'])) expect(verdict(policy, names)).toBe(names.length >= least);
  });

  it('a group of one, thirty deep', () => {
    const groups = Array.from({ length: 30 }, (_, i) => `group g${i + 1} all g${i}\n`).join('');
    const policy = parsePolicy(`${WITNESSES}group g0 any A\n${groups}quorum g30\n`);
    expect(verdict(policy, ['A'])).toBe(true);
    expect(verdict(policy, ['B', 'C'])).toBe(false);
  });

  it('"Implementation limits": 32 logs, 32 witnesses and 32 groups', () => {
    const many = <Item>(item: (i: number) => Item) => Array.from({ length: 32 }, (_, i) => item(i));
    const logs = many(i => `log ${formatVerifierKey(testKey(`log${i}`, 100 + i).key)}\n`);
    const witnesses = many(i => `witness w${i} ${keyOf(150 + i)}\n`);
    const groups = many(i => (i === 0 ? `group g0 any w0\n` : `group g${i} all g${i - 1} w${i}\n`));
    const policy = parsePolicy([...logs, ...witnesses, ...groups, 'quorum g31\n'].join(''));
    const all = many(i => `w${i}`);
    expect(verdict(policy, all)).toBe(true);
    for (const name of all)
      expect(
        verdict(
          policy,
          all.filter(other => other !== name),
        ),
      ).toBe(false);
  });
});

describe('tlog-policy, "Structure": white space and comments', () => {
  it('tabs and spaces in any number separate, and may stand at both ends', () => {
    const policy = parsePolicy(`\t witness \t A\t\t${A}  https://a.example/ \t\n \t\n\tquorum   A\t`);
    expect(policy.witnesses.get('A')?.url).toBe('https://a.example/');
  });

  it('a line that starts with # is a comment, indented or not, whatever is in it', () => {
    expect(parsePolicy(`# \u00e9 \u{1f511} quorum A\n \t# group\n#\nquorum none\n`).quorum).toEqual({
      kind: 'none',
    });
  });

  it('# elsewhere is a character like others', () => {
    const policy = parsePolicy(`witness A#1 ${A} https://a.example/#x\nquorum A#1\n`);
    expect(policy.witnesses.get('A#1')?.url).toBe('https://a.example/#x');
    expect(reasonOf(() => parsePolicy('quorum none # for now'))).toBe('policy/malformed');
  });

  it('no other character separates: a no-break space belongs to the name', () => {
    const policy = parsePolicy(`witness A\u00a0B ${A}\nquorum A\u00a0B\n`);
    expect(policy.witnesses.has('A\u00a0B')).toBe(true);
  });

  it('"Character set": names are opaque, so that a Kelvin sign is no K and nothing is normalised', () => {
    expect(reasonOf(() => parsePolicy(`witness K ${A}\nquorum \u212a\n`))).toBe('policy/name-unknown');
    const policy = parsePolicy(`witness \u00e9 ${A}\nwitness e\u0301 ${B}\nquorum \u00e9\n`);
    expect(verdict(policy, ['e\u0301'])).toBe(false);
  });
});

describe('tlog-policy, "Character set": a file is octets', () => {
  const octets = (...parts: (string | number)[]) =>
    concat(...parts.map(part => (typeof part === 'string' ? utf8(part) : Uint8Array.of(part))));

  it('a file in UTF-8 is read as its text is', () => {
    const text = `# caf\u00e9 \u{1f511}\nwitness \u00e9\u212a ${A} https://b\u00fccher.example/\nquorum \u00e9\u212a\n`;
    expect(parsePolicyBytes(utf8(text))).toEqual(parsePolicy(text));
    expect(parsePolicyBytes(utf8(EXAMPLE))).toEqual(parsePolicy(EXAMPLE));
  });

  it('octets that are no UTF-8 stand in names, URLs and comments', () => {
    const file = octets('# ', 0xff, '\nwitness A', 0xe9, ` ${A} https://`, 0x80, '/\nquorum A', 0xe9);
    const { quorum } = parsePolicyBytes(file);
    expect(quorum).toMatchObject({ kind: 'witness', key: parseVerifierKey(A) });
  });

  it('every octet with the high bit set is a name of its own', () => {
    const names = new Set<string>();
    for (let octet = 0x80; octet <= 0xff; octet++) {
      const { witnesses } = parsePolicyBytes(octets('witness ', octet, ` ${A}\nquorum `, octet));
      for (const name of witnesses.keys()) names.add(name);
      const other = octet === 0xff ? 0x80 : octet + 1;
      const file = octets('witness ', octet, ` ${A}\nquorum `, other);
      expect(reasonOf(() => parsePolicyBytes(file))).toBe('policy/name-unknown');
    }
    expect(names.size).toBe(128);
  });

  it('an octet is not the character of that number, nor its UTF-8 the octet', () => {
    const file = octets('witness ', 0xe9, ` ${A}\nquorum \u00e9`);
    expect(reasonOf(() => parsePolicyBytes(file))).toBe('policy/name-unknown');
  });

  it('what looks like UTF-8 of a surrogate is octets as well', () => {
    const names = [octets(0xed, 0xb3, 0xa9), octets(0xe9)] as const;
    const file = concat(utf8('witness '), names[0], utf8(` ${A}\nquorum `), names[1]);
    expect(reasonOf(() => parsePolicyBytes(file))).toBe('policy/name-unknown');
  });

  it.each([0x00, 0x08, 0x0b, 0x0d, 0x1f, 0x7f])('policy/malformed: the octet %d', octet => {
    expect(reasonOf(() => parsePolicyBytes(octets('# ', octet, '\nquorum none\n')))).toBe('policy/malformed');
  });

  it('policy/malformed: a key with octets in it, a byte order mark, over 256 KiB', () => {
    const marked = octets(0xef, 0xbb, 0xbf, 'quorum none\n');
    for (const file of [octets('witness A ', 0xe9, A), marked, new Uint8Array((1 << 18) + 1).fill(0x0a)])
      expect(reasonOf(() => parsePolicyBytes(file))).toBe('policy/malformed');
  });

  it('the largest file of octets is read at once', () => {
    const file = concat(utf8('# '), new Uint8Array((1 << 18) - 14).fill(0xff), utf8('\nquorum none'));
    expect(parsePolicyBytes(file).quorum).toEqual({ kind: 'none' });
  });
});

describe('tlog-policy, "Implementation limits"', () => {
  const seeds = Array.from({ length: 200 }, (_, index) => index);
  const seeded = (seed: number): string => formatVerifierKey(testCosigner(`w${seed}`, seed + 1).key);
  const deepest = (quorum: Quorum): number =>
    quorum.kind === 'group' ? 1 + Math.max(...quorum.members.map(deepest)) : 0;
  const nested = (depth: number) =>
    [
      `witness G0 ${A}`,
      ...Array.from({ length: depth }, (_, index) => `group G${index + 1} all G${index}`),
      `quorum G${depth}`,
    ].join('\n');

  it('at least 32 logs, witnesses and groups: here 200 witnesses in 100 groups', () => {
    const text = [
      ...seeds.map(seed => `witness W${seed} ${seeded(seed)}`),
      ...seeds.slice(0, 100).map(at => `group G${at} any W${2 * at} W${2 * at + 1}`),
      `group all-pairs all ${seeds
        .slice(0, 100)
        .map(at => `G${at}`)
        .join(' ')}`,
      'quorum all-pairs',
    ].join('\n');
    const policy = parsePolicy(text);
    const evens = [...policy.witnesses.keys()].filter((_, index) => index % 2 === 0);
    expect(verdict(policy, evens)).toBe(true);
    expect(verdict(policy, evens.slice(1))).toBe(false);
  });

  it('at least 32 logs: here 200', () => {
    const logs = seeds.map(seed => `log ${formatVerifierKey(testKey(`log${seed}`, seed + 1).key)}\n`);
    expect(parsePolicy(`${logs.join('')}quorum none`).logs).toHaveLength(200);
  });

  it('32 witnesses with ML-DSA-44 keys', () => {
    const keys = seeds.slice(0, 32).map(seed => formatVerifierKey(testMlDsaCosigner(`w${seed}`, seed).key));
    const lines = keys.map((key, index) => `witness W${index} ${key}`);
    expect(parsePolicy(`${lines.join('\n')}\nquorum W31`).witnesses.size).toBe(32);
  });

  it('groups in groups, 64 deep and no deeper', () => {
    const policy = parsePolicy(nested(64));
    expect(deepest(policy.quorum)).toBe(64);
    expect(verdict(policy, ['G0'])).toBe(true);
    expect(reasonOf(() => parsePolicy(nested(65)))).toBe('policy/malformed');
    expect(reasonOf(() => parsePolicy(nested(10_000)))).toBe('policy/malformed');
  });
});

describe('policy/malformed', () => {
  it.each([
    ['nothing', ''],
    ['no quorum', WITNESSES],
    ['two quorums', `${WITNESSES}quorum A\nquorum A\n`],
    ['quorum none and another', `${WITNESSES}quorum none\nquorum A\n`],
    ['an unknown keyword', 'mirror A\nquorum none\n'],
    ['a keyword in upper case', 'QUORUM none\n'],
    ['a quorum without a name', 'quorum\n'],
    ['a quorum with two names', `${WITNESSES}quorum A B\n`],
    ['a log without a key', 'log\nquorum none\n'],
    ['a log with a third field', `log ${LOG} https://a.example/ b\nquorum none\n`],
    ['a witness without a key', 'witness A\nquorum none\n'],
    ['a witness with a fourth field', `witness A ${A} https://a.example/ b\nquorum A\n`],
    ['a witness with a key of plain Ed25519', `witness A ${LOG}\nquorum A\n`],
    ['a group without members', `${WITNESSES}group G any\nquorum G\n`],
    ['a group without a threshold', `${WITNESSES}group G\nquorum G\n`],
    ['a threshold of 0', `${WITNESSES}group G 0 A\nquorum G\n`],
    ['a threshold over the number of members', `${WITNESSES}group G 3 A B\nquorum G\n`],
    ['a negative threshold', `${WITNESSES}group G -1 A\nquorum G\n`],
    ['a threshold with a leading zero', `${WITNESSES}group G 01 A\nquorum G\n`],
    ['a fractional threshold', `${WITNESSES}group G 1.5 A B\nquorum G\n`],
    ['a threshold in words', `${WITNESSES}group G most A B\nquorum G\n`],
    ['a threshold in upper case', `${WITNESSES}group G ALL A B\nquorum G\n`],
    ['over 256 KiB', `${'#\n'.repeat(1 << 17)}quorum none`],
    ['a log with a key that cannot be read', `log ${LOG.replace('example', 'exanple')}\nquorum none\n`],
    ['a witness with a key that cannot be read', `witness A ${A.slice(0, -1)}\nquorum A\n`],
    ['a key of a type that we do not have', `witness A a+00000000+BgAA\nquorum A\n`],
    ['carriage returns', 'quorum none\r\n'],
    ['a NUL in a comment', '# \0\nquorum none\n'],
    ['an escape in a comment', '# \u001b[2J\nquorum none\n'],
    ['a vertical tab', 'quorum\vnone\n'],
    ['a form feed', 'quorum none\f\n'],
    ['DEL', 'quorum none\u007f\n'],
  ])('%s', (_, text) => {
    expect(reasonOf(() => parsePolicy(text))).toBe('policy/malformed');
  });

  it.each([
    ['an unknown keyword', '# one\n\nmirror A\n'],
    ['a witness whose key cannot be read', `# one\n\nwitness A ${A.slice(1)}\nquorum A\n`],
    ['a log whose key cannot be read', `\n\nlog ${LOG.slice(1)}\nquorum none\n`],
  ])('names the line of %s', (_, text) => {
    expect(() => parsePolicy(text)).toThrow(
      expect.objectContaining({ code: 'policy/malformed', field: 'line 3' }),
    );
  });

  it('a thousand lines and more are accepted, up to 256 KiB', () => {
    const end = 'quorum none';
    expect(parsePolicy('#\n'.repeat(2000) + end).quorum).toEqual({ kind: 'none' });
    expect(parsePolicy(`${'#'.repeat((1 << 18) - end.length - 1)}\n${end}`).quorum).toEqual({ kind: 'none' });
  });

  it('a long line of white space is refused at once', () => {
    const started = performance.now();
    expect(reasonOf(() => parsePolicy(`a${' '.repeat(200_000)}b`))).toBe('policy/malformed');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('policy/name-duplicate', () => {
  it.each([
    ['two witnesses', `witness A ${A}\nwitness A ${B}\nquorum A\n`],
    ['a witness and a group', `${WITNESSES}group A any B\nquorum A\n`],
    ['two groups', `${WITNESSES}group G any A\ngroup G any B\nquorum G\n`],
    ['a witness named none', `witness none ${A}\nquorum none\n`],
    ['a group named none', `${WITNESSES}group none any A\nquorum none\n`],
  ])('%s', (_, text) => {
    expect(reasonOf(() => parsePolicy(text))).toBe('policy/name-duplicate');
  });

  it('a log has no name in this sense', () => {
    const policy = parsePolicy(`log ${LOG}\nwitness example.com/log ${A}\nquorum example.com/log\n`);
    expect(verdict(policy, ['example.com/log'])).toBe(true);
  });
});

describe('policy/key-duplicate', () => {
  const renamed = formatVerifierKey(verifierKey('other.example', 4, parseVerifierKey(A).publicKey));
  it.each([
    ['two witnesses', `witness A ${A}\nwitness B ${A}\nquorum A\n`],
    ['two witnesses whose keys have different names', `witness A ${A}\nwitness B ${renamed}\nquorum A\n`],
    ['two logs', `log ${LOG}\nlog ${LOG}\nquorum none\n`],
  ])('%s', (_, text) => {
    expect(reasonOf(() => parsePolicy(text))).toBe('policy/key-duplicate');
  });

  it('a log and a witness, stricter than tlog-policy: nobody vouches for himself', () => {
    const own = formatVerifierKey(testCosigner('example.com/log', 1).key);
    expect(reasonOf(() => parsePolicy(`log ${LOG}\nwitness A ${own}\nquorum A\n`))).toBe(
      'policy/key-duplicate',
    );
  });
});

describe('policy/name-unknown', () => {
  it.each([
    ['a quorum that is defined nowhere', `${WITNESSES}quorum D\n`],
    ['a quorum that is defined later', `quorum A\n${WITNESSES}`],
    ['a member that is defined nowhere', `${WITNESSES}group G any A D\nquorum G\n`],
    ['a member that is defined later', `group G any A\n${WITNESSES}quorum G\n`],
    ['a group that is its own member', `${WITNESSES}group G any A G\nquorum G\n`],
    ['none as a member', `${WITNESSES}group G any A none\nquorum G\n`],
    ['a name in another case', `${WITNESSES}quorum a\n`],
    ['a name that every object has', `${WITNESSES}quorum constructor\n`],
    ['__proto__', `${WITNESSES}quorum __proto__\n`],
  ])('%s', (_, text) => {
    expect(reasonOf(() => parsePolicy(text))).toBe('policy/name-unknown');
  });
});

describe('policy/member-reused', () => {
  it.each([
    ['twice in one group', `${WITNESSES}group G 2 A A\nquorum G\n`],
    ['in two groups', `${WITNESSES}group G any A B\ngroup H any A C\nquorum H\n`],
    ['in a group and in the group around it', `${WITNESSES}group G any A\ngroup H any G A\nquorum H\n`],
    ['a group in two groups', `${WITNESSES}group G any A\ngroup H any G\ngroup I any G\nquorum I\n`],
  ])('a witness or group %s', (_, text) => {
    expect(reasonOf(() => parsePolicy(text))).toBe('policy/member-reused');
  });
});

describe('properties', () => {
  const CODES: ReasonCode[] = [
    'policy/malformed',
    'policy/name-duplicate',
    'policy/key-duplicate',
    'policy/name-unknown',
    'policy/member-reused',
  ];

  it('more cosigners never turn a met quorum into one that is not met', () => {
    const policy = parsePolicy(EXAMPLE);
    const names = [...policy.witnesses.keys()];
    fc.assert(
      fc.property(fc.subarray(names), fc.subarray(names), (some, more) => {
        return !verdict(policy, some) || verdict(policy, [...new Set([...some, ...more])]);
      }),
    );
  });

  it('no policy but none is met by nobody', () => {
    for (const text of [EXAMPLE, `${WITNESSES}quorum A`, `${WITNESSES}group G any A B C\nquorum G`])
      expect(satisfies(parsePolicy(text).quorum, [])).toBe(false);
  });

  it('any octets are read or refused with a known code', () => {
    fc.assert(
      fc.property(mutants([EXAMPLE].map(utf8)), bytes => {
        parseOrRefuse(() => parsePolicyBytes(bytes), CODES);
      }),
      { numRuns: thorough(5000, 1000) },
    );
  });

  it('mutants are read or refused with a known code', () => {
    fc.assert(
      fc.property(mutants([EXAMPLE, `${WITNESSES}group G any A B\nquorum G\n`].map(utf8)), bytes => {
        const text = fromUtf8(bytes);
        if (text === null) return;
        const policy = parseOrRefuse(() => parsePolicy(text), CODES);
        if (policy !== undefined && policy.quorum.kind !== 'none')
          expect(satisfies(policy.quorum, [])).toBe(false);
      }),
      { numRuns: thorough(5000, 1000) },
    );
  });
});
