import { SluiceError, type SluiceErrorCode } from 'sluice';
import { expect } from 'vitest';

/** Expects a SluiceError of that code whose message matches every pattern. */
export async function expectError(
  run: () => unknown,
  code: SluiceErrorCode,
  ...patterns: (RegExp | string)[]
): Promise<SluiceError> {
  let error: unknown;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(SluiceError);
  const known = error as SluiceError;
  expect(known.code, known.message).toBe(code);
  for (const pattern of patterns) expect(known.message).toMatch(pattern);
  return known;
}
