/** Waits for company: what comes again while it waits is said once. */
export interface Company {
  /** Says it when nothing more has come under this name for a while. The first one's words count. */
  wait(name: string, say: () => void): void;
  /** Says at once all that waits. */
  sayAll(): void;
}

/** Times in milliseconds: how long it has to be quiet, and how long the first one waits at most. */
export function createCompany(quietMs: number, atMostMs: number): Company {
  interface Waiting {
    readonly say: () => void;
    readonly since: number;
    timer: NodeJS.Timeout;
  }
  const waiting = new Map<string, Waiting>();
  const saying = (name: string) => (): void => {
    const one = waiting.get(name);
    clearTimeout(one?.timer);
    waiting.delete(name);
    one?.say();
  };
  return {
    wait(name, say) {
      const one = waiting.get(name);
      if (one === undefined) {
        waiting.set(name, { say, since: performance.now(), timer: setTimeout(saying(name), quietMs) });
        return;
      }
      const left = atMostMs - (performance.now() - one.since);
      clearTimeout(one.timer);
      one.timer = setTimeout(saying(name), Math.max(0, Math.min(quietMs, left)));
    },
    sayAll() {
      for (const name of waiting.keys()) saying(name)();
    },
  };
}
