import { Failure, type ReasonCode } from '../../src/reason.js';

/** The Failure with which `act` refuses. What is not a Failure passes through, and not refusing is an error of the test. */
export function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The reason that `act` gives for refusing, as {@link failureOf} has it. */
export function reasonOf(act: () => unknown): ReasonCode {
  return failureOf(act).code;
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
