/** Who is measured, in the order of the table: floors, peers, and ourselves twice. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSaying } from '../processes.mjs';
import { packageWithoutReceipts, startHouse } from './house.mjs';
import { litellm } from './peers/litellm.mjs';
import { nginx } from './peers/nginx.mjs';
import { portkey } from './peers/portkey.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));

export const NAMES = {
  direct: 'direct',
  lean: 'lean Node.js proxy',
  signing: 'lean proxy that hashes and signs',
  off: 'Countersign without receipts',
  on: 'Countersign',
};

/**
 * Each has a name, `missing` (why it cannot run here, or null), and `start`, which is given the upstream's address and a folder to make, and
 * resolves to its process, its port and the headers that it has to be asked with.
 */
export const CONTENDERS = [
  {
    name: NAMES.direct,
    missing,
    start: async upstream => ({ child: null, port: Number(new URL(upstream).port) }),
  },
  nginx,
  { name: NAMES.lean, missing, start: upstream => startLean(upstream, false) },
  { name: NAMES.signing, missing, start: upstream => startLean(upstream, true) },
  portkey,
  litellm,
  { name: NAMES.off, missing, start: startWithoutReceipts },
  { name: NAMES.on, missing, start: startHouse },
];

/** What is part of this repository is always here. */
function missing() {
  return null;
}

async function startLean(upstream, sign) {
  const { child, said } = await startSaying(process.execPath, [
    here('peers/lean.mjs'),
    JSON.stringify({ upstream, sign }),
  ]);
  return { child, port: Number(new URL(said.address).port) };
}

function startWithoutReceipts(upstream, folder) {
  const root = packageWithoutReceipts(folder);
  // Acceptance and receipt in streams can be left out by an option.
  return startHouse(upstream, join(folder, 'house'), { root, arguments: ['--no-inline'] });
}
