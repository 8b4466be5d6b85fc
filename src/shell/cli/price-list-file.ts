/** The price list: the one that comes with the gateway, or an operator's own file in its place. */
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { PROTOCOL_LINE } from '../../receipt/price/price-lines.js';
import { doubleName, type PriceList, PriceListSchema } from '../../receipt/price/price-list.js';
import { UsageError } from './exit-code.js';
import { readStored } from './files.js';
import { notJson, sentence } from './settings/problem-words.js';

const OWN = fileURLToPath(new URL('../../../data/prices/list.json', import.meta.url));

const MAX_BYTES = 8 * 1024 * 1024;

/** Throws a usage error that says where in the file something is wrong. */
export async function readPriceList(path: string = OWN): Promise<PriceList> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(await readStored(path, MAX_BYTES)).toString('utf8'));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} ${notJson(error)}`);
  }
  const parsed = v.safeParse(PriceListSchema, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UsageError(`${path}: ${v.getDotPath(issue) ?? 'the file'}: ${sentence(issue.message)}`);
  }
  const double = doubleName(parsed.output);
  if (double !== null) throw new UsageError(`${path}: two entries have a price for ${double}.`);
  if (parsed.output.audit?.payee === PROTOCOL_LINE.payee)
    throw new UsageError(`${path}: audit.payee: the protocol gets nothing.`);
  return parsed.output;
}
