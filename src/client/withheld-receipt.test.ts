import { describe, expect, it } from 'vitest';
import { type ClosedEpoch, closeEpoch, leaf } from '../../test/support/closings.js';
import { checking, EXCHANGE, GATEWAY, sampleOf } from '../../test/support/kept-sample.js';
import type { Place } from '../../test/support/paper-network.js';
import { STRANGER, trustWith } from '../../test/support/parties.js';
import { DEADLINE, RECEIVED, SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { canonicalize, type Json } from '../bytes/json.js';
import { utf8 } from '../bytes/octets.js';
import { judgeEvidence } from '../court/misbehaviour/judge.js';
import { knownKeys } from '../court/misbehaviour/known-keys.js';
import { leafProofJson } from '../receipt/closing-proof.js';
import { envelopeJson } from '../receipt/envelope.js';
import type { KeptExchange } from './kept-exchange.js';

const { client, counter, epoch } = SAMPLE_RECEIPT;
const LATE = RECEIVED + 40 * 86_400_000;

function shown({ envelope, prove }: ClosedEpoch, number = counter): Uint8Array {
  return canonicalize({
    closing: envelopeJson(envelope),
    leaf: leafProofJson(prove(client, number)) as Json,
  });
}

const without = closeEpoch([leaf('a', 1), leaf('z', 1)]);
const withIt = closeEpoch([leaf('a', 1), { ...leaf('c', counter), client }]);
const streamed = await sampleOf({ form: 'stream' });
const accepted: KeptExchange = { ...streamed.kept, receipt: null };
const plain = await sampleOf();

async function findings(kept: KeptExchange, place: Place, now = LATE) {
  const { fetch, network } = await checking([kept], { [GATEWAY]: place }, { now });
  const { outcome, findings } = await fetch.check();
  return { outcome, findings, asked: network.paths().filter(path => path.startsWith('/v1/closings/')) };
}

describe('an exchange that was accepted, and of which there is no receipt', () => {
  it('is proven to have been withheld once its epoch is closed without it', async () => {
    const {
      outcome,
      findings: found,
      asked,
    } = await findings(accepted, { bundle: 404, closing: shown(without) });
    expect(outcome).toBe('alarm');
    expect(asked).toEqual([`/v1/closings/${epoch}/${client}/${counter}`]);
    const [finding] = found;
    expect(found).toMatchObject([
      { kind: 'omission', code: 'misbehaviour/receipt-withheld', exchange: EXCHANGE },
    ]);
    const judgement = await judgeEvidence(finding?.evidence as Uint8Array, knownKeys(trustWith()));
    expect(judgement).toMatchObject({ outcome: 'proven', code: 'misbehaviour/receipt-withheld' });
  });

  it.each<[string, Place]>([
    ['the epoch is not closed', {}],
    ['the closing lists it', { closing: shown(withIt) }],
    ['the closing is by somebody else', { closing: shown(closeEpoch([], { by: STRANGER })) }],
    ['what is shown is about another number', { closing: shown(withIt, 1) }],
    ['what is shown is garbage', { closing: utf8('{}') }],
    ['what is shown is no JSON', { closing: utf8('<html>') }],
    ['the gateway fails', { closing: 500 }],
  ])('is told of without evidence where %s', async (_, place) => {
    const { findings: found } = await findings(accepted, { bundle: 404, ...place });
    expect(found).toMatchObject([{ kind: 'omission', code: 'client/receipt-withheld', evidence: null }]);
  });
});

describe('a receipt that the log does not take', () => {
  const refused: Place = { bundle: 404, submit: () => new Response(null, { status: 400 }) };

  it('is proven to have been withheld where the closing leaves it out as well', async () => {
    const { findings: found } = await findings(plain.kept, { ...refused, closing: shown(without) });
    expect(found.map(({ code }) => code)).toEqual(['proof/overdue', 'misbehaviour/receipt-withheld']);
    expect(found[1]?.evidence).not.toBeNull();
  });

  it('is not, before its deadline, and where the epoch is not closed', async () => {
    const early = await findings(plain.kept, { ...refused, closing: shown(without) }, DEADLINE);
    expect(early).toMatchObject({ findings: [], asked: [] });
    const { findings: found } = await findings(plain.kept, refused);
    expect(found.map(({ code }) => code)).toEqual(['proof/overdue']);
  });
});
