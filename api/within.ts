/** The work was not done in time; it may still be. */
export class TookTooLong extends Error {
  override readonly name = "TookTooLong";
}

/** Waits for the work so long and no longer. What is late goes on unheard. @throws TookTooLong */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`not done in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
