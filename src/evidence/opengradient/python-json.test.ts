import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { floatOf, PythonNumber, pythonFloat, readPython, writePython } from './python-json.js';

const rewritten = (text: string) => writePython(readPython(text));

describe("Python's json.dumps(json.loads(text), sort_keys=True)", () => {
  it.each([
    ['null', 'null'],
    [' [ ] ', '[]'],
    ['{ }', '{}'],
    ['[true,false,null]', '[true, false, null]'],
    ['{"b":1,"a":[1,{"d":2,"c":3}]}', '{"a": [1, {"c": 3, "d": 2}], "b": 1}'],
    ['"é☃😀"', '"\\u00e9\\u2603\\ud83d\\ude00"'],
    ['"\\u00E9"', '"\\u00e9"'],
    ['"\\ud800"', '"\\ud800"'],
    ['"\\/ \\" \\\\ \\b\\f\\n\\r\\t \\u0001\\u007f"', '"/ \\" \\\\ \\b\\f\\n\\r\\t \\u0001\\u007f"'],
    ['1', '1'],
    ['-0', '0'],
    ['1.0', '1.0'],
    ['-0.0', '-0.0'],
    ['0.1', '0.1'],
    ['1e2', '100.0'],
    ['1E+2', '100.0'],
    ['1e15', '1000000000000000.0'],
    ['1e16', '1e+16'],
    ['123456789012345680.0', '1.2345678901234568e+17'],
    ['1.5e300', '1.5e+300'],
    ['0.0001', '0.0001'],
    ['0.00001', '1e-05'],
    ['1.25e-7', '1.25e-07'],
    ['5e-324', '5e-324'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    // U+FF5E comes before U+1F600 by code points, and behind it by UTF-16 units.
    ['{"\\ud83d\\ude00":1,"\\uff5e":2}', '{"\\uff5e": 2, "\\ud83d\\ude00": 1}'],
    ['{"ab":1,"a":2,"":3}', '{"": 3, "a": 2, "ab": 1}'],
  ])('%s', (text, expected) => {
    expect(rewritten(text)).toBe(expected);
  });

  it('float(n): always with a fraction', () => {
    expect(writePython(floatOf(new PythonNumber('1')))).toBe('1.0');
    expect(writePython(floatOf(new PythonNumber('10000000000000000')))).toBe('1e+16');
  });

  it.each(['1e400', '-1e400', '[1e999]'])('%s is refused: Python would write Infinity', text => {
    expect(reasonOf(() => rewritten(text))).toBe('opengradient/request-malformed');
  });

  it('what is nested deeper than any request is refused', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(rewritten(nested(64))).toBe(nested(64));
    expect(reasonOf(() => rewritten(nested(66)))).toBe('opengradient/request-malformed');
  });

  it('stands for the same value, and is written as itself again', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
        const text = rewritten(JSON.stringify(value));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(rewritten(text)).toBe(text);
        expect(text).toMatch(/^[ -~]*$/);
      }),
    );
  });

  it('a float is the shortest text that is read as it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(Object.is(Number(pythonFloat(value)), value)).toBe(true);
        expect(pythonFloat(value)).toMatch(/[.e]/);
      }),
    );
  });
});

/** Where there is a Python it has the last word. */
const python = (() => {
  try {
    execFileSync('python3', ['-c', '']);
    return 'python3';
  } catch {
    return null;
  }
})();

describe.skipIf(python === null)('as Python itself writes it', () => {
  it('values and floats of all sizes', () => {
    const samples = fc.sample(
      fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }))),
      300,
    );
    const texts = samples.map(value => JSON.stringify(value));
    const script =
      'import json,sys\nfor line in sys.stdin: print(json.dumps(json.loads(line),sort_keys=True))';
    const input = texts.map(text =>
      text.replaceAll(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    );
    const printed = execFileSync('python3', ['-c', script], {
      input: `${input.join('\n')}\n`,
      encoding: 'utf8',
    });
    expect(texts.map(rewritten)).toEqual(printed.trimEnd().split('\n'));
  });
});
