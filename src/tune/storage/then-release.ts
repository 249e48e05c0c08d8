/**
 * Runs `work` and then gives up the claim that it is done under, however it ends. Where both fail
 * it is the error of the work that counts: the other one follows from it more often than not.
 */
export async function thenRelease<T>(
  release: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await release().catch(() => {});
    throw error;
  }
  await release();
  return result;
}
