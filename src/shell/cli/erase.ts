/** `countersign erase`: destroys what a gateway holds of an exchange, and has the log say so; whether the gateway runs or not. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Failure } from '../../reason.js';
import { readSecret } from '../files/secret.js';
import { Vault } from '../vault/vault.js';
import { askToErase } from './control.js';
import { type DataFolder, dataFolder, defaultDataFolder } from './data-folder.js';
import { ErasureWishes } from './erasure-wishes.js';
import { type Erased, Erasures } from './erasures.js';
import { exchangeArgument } from './exchange-argument.js';
import { EXIT, UsageError } from './exit-code.js';
import { openHouseLog } from './house-log.js';
import { print, printError, printJson } from './print.js';
import { withHouse } from './with-house.js';

interface EraseOptions {
  readonly data: string;
  readonly json?: true;
}

export function eraseCommand(): Command {
  return new Command('erase')
    .description(
      "destroy a gateway's copy of prompt, answer and opening of one exchange; the log says that it did",
    )
    .argument('<exchange>', 'the id in the countersign-exchange header', exchangeArgument)
    .option('--data <folder>', "the gateway's data folder", defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
The gateway may run or not. The receipt stays, and still verifies; whoever holds opening and content can still compare them. Backups of the vault
are yours to erase. docs/erasure.md says more.

Examples:
  countersign erase 4bqxq3zkq7xj5c2yq6w5n3d7ay
  countersign erase 4bqxq3zkq7xj5c2yq6w5n3d7ay --data ./data

Exit codes: 0 erased and logged, 20 erased, and the log has yet to say so, 64 wrong usage, 1 anything else.`;

async function run(exchange: string, { data, json }: EraseOptions): Promise<void> {
  const folder = dataFolder(data);
  if (!existsSync(folder.keys))
    throw new UsageError(`${folder.path} is no gateway's data folder; pass --data.`);
  const erased = await erase(folder, exchange);
  if (json) printJson(erased);
  else tell(erased);
  if (erased.index === null) process.exitCode = EXIT.inconclusive;
}

/** How long a gateway may take to start or to stop, in milliseconds. */
const TURN_TIME = 20_000;
const PAUSE = 200;

/**
 * Here when no gateway runs, and otherwise by it; one that is starting or stopping is waited for. Here first: where a gateway was killed, its
 * address may be somebody else's by now, who would say that all is done.
 */
async function erase(folder: DataFolder, exchange: string): Promise<Erased> {
  const deadline = performance.now() + TURN_TIME;
  for (;;) {
    try {
      return await eraseHere(folder, exchange);
    } catch (error) {
      const isLocked = error instanceof Failure && error.code === 'data/locked';
      if (!isLocked) throw error;
      const byGateway = await askToErase(folder.control, exchange);
      if (byGateway !== null) return byGateway;
      if (performance.now() > deadline) throw error;
    }
    await sleep(PAUSE);
  }
}

/** Throws `data/locked` while somebody else uses the data folder. */
function eraseHere(folder: DataFolder, exchange: string): Promise<Erased> {
  return withHouse(folder.path, async houseOptions => {
    const vault = new Vault(folder.vault, await readSecret(join(folder.keys, 'vault.key')));
    const wishes = new ErasureWishes({ folder: folder.erasures, vault, now: Date.now });
    // Before the log is opened, which may fail for many reasons.
    const wish = await wishes.destroy(exchange);
    try {
      const house = await openHouseLog(houseOptions);
      try {
        return await new Erasures({ wishes, log: house.log, issuer: house.keys.issuer }).erase(exchange);
      } finally {
        await house.close();
      }
    } catch (error) {
      if (wish === null || !(error instanceof Failure)) throw error;
      printError(`countersign: ${error.message}`);
      return { already: false, decided: wish.decided, exchange, index: null, receipt: null };
    }
  });
}

function tell({ already, decided, exchange, index }: Erased): void {
  if (index === null) {
    print(`The content of exchange ${exchange} is erased.`);
    print('The log could not say so yet; the next start of the gateway makes up for it.');
  } else if (already) {
    const when = new Date(decided).toISOString();
    print(`The content of exchange ${exchange} was erased on ${when}; entry ${index} of the log says so.`);
  } else print(`The content of exchange ${exchange} is erased; entry ${index} of the log says so.`);
}
