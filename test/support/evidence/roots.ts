/** Roots of the tests' own evidence of all kinds: as those of a simulated attester, which is what they are, and as if makers of hardware had them. */
import type { PinnedRoot } from '../../../src/evidence/x509/chain.js';
import type { EvidenceRoots } from '../../../src/shell/cli/conformance/evidence-input.js';
import { ROOT } from './dcap.js';
import { NITRO_TEST_ROOTS } from './nitro.js';
import { makeDevice } from './nvidia.js';
import { snpTestRoots } from './snp.js';
import { pinned } from './x509-maker.js';

/** The device whose root is among them. */
export const DEVICE = makeDevice({ device: 'hopper' });

export const SIMULATED_ROOTS: EvidenceRoots = {
  nitro: NITRO_TEST_ROOTS,
  snp: (['milan', 'genoa', 'turin'] as const).flatMap(snpTestRoots),
  dcap: [ROOT],
  nvidia: [pinned(DEVICE.chain[4])],
  nvidiaReference: [],
};

const asMade = <Root extends PinnedRoot>({ simulated: _, ...root }: Root) => root;

export const TEST_ROOTS: EvidenceRoots = {
  nitro: SIMULATED_ROOTS.nitro.map(asMade),
  snp: SIMULATED_ROOTS.snp.map(asMade),
  dcap: SIMULATED_ROOTS.dcap.map(asMade),
  nvidia: SIMULATED_ROOTS.nvidia.map(asMade),
  nvidiaReference: [],
};
