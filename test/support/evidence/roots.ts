/** Roots of the tests' own evidence of all kinds: as if makers of hardware had them, and as those of a simulated attester. */
import type { PinnedRoot } from '../../../src/evidence/x509/chain.js';
import type { EvidenceRoots } from '../../../src/shell/cli/conformance/evidence-input.js';
import { ROOT } from './dcap.js';
import { NITRO_TEST_ROOTS } from './nitro.js';
import { makeDevice } from './nvidia.js';
import { snpTestRoots } from './snp.js';
import { pinned } from './x509-maker.js';

/** The device whose root is among them. */
export const DEVICE = makeDevice({ device: 'hopper' });

export const TEST_ROOTS: EvidenceRoots = {
  nitro: NITRO_TEST_ROOTS,
  snp: (['milan', 'genoa', 'turin'] as const).flatMap(snpTestRoots),
  dcap: [ROOT],
  nvidia: [pinned(DEVICE.chain[4])],
  nvidiaReference: [],
};

const simulated = <Root extends PinnedRoot>(root: Root) => ({ ...root, simulated: true as const });

export const SIMULATED_ROOTS: EvidenceRoots = {
  nitro: TEST_ROOTS.nitro.map(simulated),
  snp: TEST_ROOTS.snp.map(simulated),
  dcap: TEST_ROOTS.dcap.map(simulated),
  nvidia: TEST_ROOTS.nvidia.map(simulated),
  nvidiaReference: [],
};
