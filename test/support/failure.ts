import { Failure, type ReasonCode } from '../../src/reason.js';

/** The reason that `act` gives for refusing. What is not a Failure passes through, and not refusing is an error of the test. */
export function reasonOf(act: () => unknown): ReasonCode {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Like {@link reasonOf}, for what answers later. */
export async function reasonOfAsync(act: () => Promise<unknown>): Promise<ReasonCode> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}
