/** The part of the admin API that looks after virtual keys, as `countersign access` does. */
import { findKey } from '../../../economy/key-changes.js';
import { type Limit, parseLimit } from '../../../economy/limit.js';
import type { KeyFile, VirtualKey } from '../../../economy/virtual-key.js';
import { Failure } from '../../../reason.js';
import { readKeyFile } from '../../access/key-file.js';
import type { Route } from '../../http/server.js';
import type { HouseAdmission } from '../house-money.js';
import { createKey, fileSummary, keySummary, revokeKey, rotateKey } from '../virtual-keys.js';
import { KeyWishSchema, RotationSchema } from './answers.js';
import { jsonAnswer, readJson } from './json-answer.js';

/** Of a key's name or id, percent-encoded. */
const ONE_KEY = '/admin/keys/([^/]{1,256})';

/** `folder`: that of the keys. */
export function keyRoutes(folder: string, access: Pick<HouseAdmission, 'reload'>): Route[] {
  const shown = (file: KeyFile, which: string) => keySummary(findKey(file, which) as VirtualKey);
  return [
    {
      method: 'GET',
      path: '/admin/keys',
      handle: async () => jsonAnswer(200, fileSummary(await readKeyFile(folder))),
    },
    {
      method: 'POST',
      path: '/admin/keys',
      handle: async request => {
        const { limits, ...wish } = await readJson(request, KeyWishSchema);
        const { file, secret } = await createKey(folder, { ...wish, limits: eachOnce(limits) });
        await access.reload();
        return jsonAnswer(201, { ...shown(file, wish.name), key: secret });
      },
    },
    {
      method: 'POST',
      path: '/admin/keys/reload',
      handle: async () => jsonAnswer(200, { keys: await access.reload() }),
    },
    {
      method: 'POST',
      path: new RegExp(`^${ONE_KEY}/rotate$`),
      handle: async (request, which = '') => {
        const name = decoded(which);
        const { overlap } = await readJson(request, RotationSchema);
        const { file, secret } = await rotateKey(folder, name, overlap * 1000);
        await access.reload();
        return jsonAnswer(200, { ...shown(file, name), key: secret });
      },
    },
    {
      method: 'POST',
      path: new RegExp(`^${ONE_KEY}/revoke$`),
      handle: async (_, which = '') => {
        const name = decoded(which);
        const file = await revokeKey(folder, name);
        await access.reload();
        return jsonAnswer(200, shown(file, name));
      },
    },
  ];
}

/** Two limits of one measure and period would be one count. */
function eachOnce(texts: readonly string[]): Limit[] {
  const limits = texts.map(text => parseLimit(text) as Limit);
  const counts = new Set(limits.map(({ measure, per }) => `${measure}/${per}`));
  if (counts.size < limits.length) throw new Failure('request/malformed', { field: 'limits' });
  return limits;
}

function decoded(which: string): string {
  try {
    return decodeURIComponent(which);
  } catch {
    throw new Failure('access/name-unknown');
  }
}
