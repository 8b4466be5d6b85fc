/** Opens a house's keeper: beside the gateway where there is a processor for it, in its thread otherwise. */
import { availableParallelism } from 'node:os';
import { keyLabel } from '../../note/key.js';
import { DirectSealer } from '../vault/direct-sealer.js';
import { Vault } from '../vault/vault.js';
import { openHouseLog } from './house-log.js';
import type { Keeper, KeeperOptions } from './keeper.js';
import { openThreadKeeper } from './thread-keeper.js';

/** Throws as `openHouseLog` does. */
export function openKeeper(options: KeeperOptions): Promise<Keeper> {
  return availableParallelism() > 1 ? openThreadKeeper(options) : openKeeperHere(options);
}

/** Everything at once, where it is asked. Throws as `openHouseLog` does. */
export async function openKeeperHere(options: KeeperOptions): Promise<Keeper> {
  const { keys, log, retention, history, mustBeWitnessed, close } = await openHouseLog(options);
  const { key, signer } = keys.issuer;
  const vault = new Vault(options.folder.vault, keys.vaultKey);
  const sealer = new DirectSealer({ label: keyLabel(key), signer, vault, log });
  return {
    keys,
    log,
    retention,
    sealer,
    issuers: history.inForce('issuer'),
    validators: history.inForce('validator'),
    mustBeWitnessed,
    // Each is done when it is given.
    waiting: () => 0,
    close: async () => {
      await close();
      vault.close();
    },
  };
}
