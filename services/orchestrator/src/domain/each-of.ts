// Many small reads of the store or of a bucket, some at a time.

const atOnce = 32;

/** The results of `task` in the order of `items`, a bounded number at a time. */
export async function eachOf<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await task(items[i] as T);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
