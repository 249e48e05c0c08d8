/** Wrong use of the command line: the program ends with exit code 2 instead of 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
