import { ConfigError } from "./config.ts";

/** Runs a program to its end. What goes wrong is said in one line where a person can mend it, and ends with exit code 1. */
export async function main(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    // What was begun may be open still and would keep the process alive, and nobody would start it again.
    process.exit(1);
  }
}
