/**
 * The acceptance: what an issuer signs when it accepts a request whose answer will be streamed. It comes with the first event, so that
 * a caller holds proof of the counter even when the answer, and the receipt, never arrive.
 */
import * as v from 'valibot';
import { Count, Hash, Identifier, KeyLabel, Origin, Time } from './shapes.js';
import { statementType } from './statement.js';

const Subject = v.strictTuple([
  v.strictObject({
    digest: v.strictObject({ 'countersign-commitment-v1': Hash }),
    name: v.literal('request'),
  }),
]);

const Predicate = v.strictObject({
  client: Identifier,
  counter: v.pipe(Count, v.minValue(1)),
  epoch: Identifier,
  exchange: Identifier,
  issuer: KeyLabel,
  log: v.strictObject({ origin: Origin }),
  /** The commitment to the client's nonce; left out where the request had none. */
  nonce: v.exactOptional(Hash),
  received: Time,
});

export const ACCEPTANCE = statementType({
  predicateType: 'urn:countersign:acceptance:v1',
  subject: Subject,
  predicate: Predicate,
  malformed: 'acceptance/malformed',
});

export type Acceptance = v.InferOutput<typeof Predicate>;
