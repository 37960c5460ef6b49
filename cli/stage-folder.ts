import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Environment } from "./config.ts";

/** The file in a stage's folder that holds the environment of its processes. */
export const STAGE_ENVIRONMENT = "environment.json";

/** Where a stage keeps its data: in the folder that the program is started in, ignored by git. */
export const stageFolder = (name: string): string => join(process.cwd(), ".perennial", name);

/** The environment; where no database is named, that of the `npm run dev` of this folder. */
export function environmentOrStage(env: Environment): Environment {
  const file = join(stageFolder("dev"), STAGE_ENVIRONMENT);
  if ((env["DATABASE_URL"] ?? "") !== "" || !existsSync(file)) return env;
  return { ...env, ...z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, "utf8"))) };
}
