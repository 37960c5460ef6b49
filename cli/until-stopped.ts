/** Resolves at Ctrl-C or SIGTERM. A second one, by a person who does not want to wait, ends the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (isStopping && signal === "SIGINT") process.exit(130);
        isStopping = true;
        resolve();
      });
    }
  });
}
