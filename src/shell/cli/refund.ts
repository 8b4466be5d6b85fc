/** `countersign refund`: an order, in the log of a stopped house, to give back what an exchange has cost or a part of it. */
import { Command, Option } from 'commander';
import { toHex } from '../../bytes/hex.js';
import { refundOf } from '../../economy/refund-order.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { exchangeKey, readEntry, refundKey } from '../../receipt/entry.js';
import { envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { REFUND_REASONS, type Refund, refundStatement } from '../../receipt/refund.js';
import { readStatement } from '../../receipt/statement.js';
import { defaultDataFolder } from './data-folder.js';
import { exchangeArgument } from './exchange-argument.js';
import { openHouseLog } from './house-log.js';
import { print, printJson } from './print.js';
import { withHouse } from './with-house.js';

interface RefundOptions {
  readonly data: string;
  readonly reason: Refund['reason'];
  readonly amount?: string;
  readonly json?: true;
}

export function refundCommand(): Command {
  return new Command('refund')
    .description('order in the log that the price of an exchange, or a part of it, is given back')
    .argument('<exchange>', 'the id in the countersign-exchange header', exchangeArgument)
    .addOption(
      new Option('--reason <word>', 'why; it is published, and nothing else is')
        .choices(REFUND_REASONS)
        .makeOptionMandatory(),
    )
    .option('--amount <decimal>', 'how much of it, in the currency of its receipt (default: all)')
    .option('--data <folder>', "the gateway's data folder", defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
The gateway of the data folder has to be stopped. The entry is an order and no payment, and each exchange can have one.

Examples:
  countersign refund 4bqxq3zkq7xj5c2yq6w5n3d7ay --reason wrong-bill
  countersign refund 4bqxq3zkq7xj5c2yq6w5n3d7ay --reason goodwill --amount 0.05

Exit codes: 0 ordered and logged, 64 wrong usage, 1 anything else.`;

async function run(exchange: string, { data, reason, amount, json }: RefundOptions): Promise<void> {
  await withHouse(data, async houseOptions => {
    const { log, keys, close } = await openHouseLog(houseOptions);
    try {
      const place = await log.find(exchangeKey(exchange) as Uint8Array);
      if (place === null) throw new Failure('receipt/unknown', { detail: exchange });
      const known = await log.find(refundKey(exchange) as Uint8Array);
      if (known !== null) throw new Failure('refund/repeated', { detail: `entry ${known}` });
      const receipt = readEntry(await log.entry(place));
      const digest = toHex(payloadDigest(receipt));
      const refund = refundOf(readStatement(RECEIPT, receipt).predicate, digest, amount ?? null, reason);
      const label = keyLabel(keys.issuer.key);
      const statement = refundStatement(refund, label, Date.now());
      const index = await log.include(envelopeBytes(seal(statement, label, keys.issuer.signer)));
      if (json) printJson({ ...refund, index });
      else
        print(
          `${refund.amount} ${refund.currency} are to be given back for exchange ${exchange}; entry ${index} of the log says so.`,
        );
    } finally {
      await close();
    }
  });
}
