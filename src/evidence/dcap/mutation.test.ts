/** Quotes and collateral of the tests' own, changed in every byte; `genuine.test.ts` does the same with Intel's. */
import { describe, expect, it } from 'vitest';
import { makeCollateral, makeQuote, ROOT } from '../../../test/support/evidence/dcap.js';
import { changeEveryByte, reportOrNull } from '../../../test/support/evidence/dcap-mutation.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { thorough } from '../../../test/support/thoroughness.js';
import '../../shell/node.js';
import { Failure } from '../../reason.js';
import { statusOf } from '../report.js';
import { pckChainOf } from './chains.js';
import { parseQuote } from './quote.js';

const input = { collateral: null, asOf: DURING, roots: [ROOT] };

describe('every byte of a quote', () => {
  it.each(thorough(['sgx-3', 'sgx-5', 'tdx-4', 'tdx-5-1.5'] as const, ['sgx-3', 'tdx-5-1.5'] as const))(
    '%s: counts if a signature covers it, and only then',
    async form => {
      const quote = makeQuote({ form, trailing: new Uint8Array(9) });
      expect(await changeEveryByte({ ...input, quote })).toEqual([form === 'sgx-3' ? 10 : 16, 9]);
    },
  );
});

describe("the text of a quote's certificates", () => {
  it('no character between what is base64, nor the last, can be another unnoticed', () => {
    const bytes = makeQuote();
    const { leaf, authority, top } = pckChainOf(parseQuote(bytes));
    const before = [leaf, authority, top].map(certificate => certificate.bytes);
    const places = [...bytes.keys()].filter(
      place => place === bytes.length - 1 || (place > 1258 && bytes[place] === 0x0a),
    );
    for (const place of thorough(places, places.slice(-3)))
      for (let value = 0; value < 256; value++) {
        if (value === bytes[place]) continue;
        const quote = bytes.slice();
        quote[place] = value;
        let after: readonly Uint8Array[] | null = null;
        try {
          const chain = pckChainOf(parseQuote(quote));
          after = [chain.leaf, chain.authority, chain.top].map(certificate => certificate.bytes);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
        }
        expect([place, value, after]).not.toEqual([place, value, before]);
      }
  });
});

describe('every byte of collateral', () => {
  it('changed, it is refused', async () => {
    const [quote, whole] = [makeQuote(), makeCollateral()];
    for (let place = 0; place < whole.length; place += thorough(1, 397)) {
      const collateral = whole.slice();
      collateral[place] = (collateral[place] ?? 0) ^ (1 << (place % 8));
      const report = await reportOrNull({ ...input, quote, collateral });
      if (report !== null) expect([place, statusOf(report.checks)]).toEqual([place, 'refused']);
    }
  });
});
