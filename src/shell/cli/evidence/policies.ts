/** The file of policies about evidence: for each kind one, as conformance verbs take them. */
import * as v from 'valibot';
import {
  DcapPolicyForm,
  NitroPolicyForm,
  NrasPolicyForm,
  NvidiaPolicyForm,
  SnpPolicyForm,
} from '../../../appraise/evidence/policy-form.js';
import { Failure } from '../../../reason.js';
import { readInputObject } from '../conformance/input.js';

const Schema = v.strictObject({
  nitro: v.exactOptional(NitroPolicyForm),
  snp: v.exactOptional(SnpPolicyForm),
  tdx: v.exactOptional(DcapPolicyForm),
  nvidia: v.exactOptional(NvidiaPolicyForm),
  nras: v.exactOptional(NrasPolicyForm),
});

export type EvidencePolicies = v.InferOutput<typeof Schema>;

/** Throws `evidence/policy-malformed`, naming the member. */
export function readPolicies(bytes: Uint8Array): EvidencePolicies {
  try {
    return readInputObject(bytes, Schema);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { field, detail } = error;
    throw new Failure('evidence/policy-malformed', {
      ...(field === undefined ? {} : { field }),
      ...(detail === undefined ? {} : { detail }),
    });
  }
}
