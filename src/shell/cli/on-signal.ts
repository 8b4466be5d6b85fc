/** Ending in good order when the process is told to. */
import { EXIT } from './exit-code.js';
import { printError } from './print.js';

/** The first signal ends what is running in good order; the second ends the process. */
export function closeOnSignal(close: () => Promise<void>): void {
  const end = () => {
    process.once('SIGINT', () => process.exit(EXIT.internal));
    process.once('SIGTERM', () => process.exit(EXIT.internal));
    close().catch((error: unknown) => {
      printError(`countersign: ${error instanceof Error ? error.message : 'could not close'}`);
      process.exitCode = EXIT.internal;
    });
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}
