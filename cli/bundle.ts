import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode } from "@temporalio/worker";
import { main } from "./main.ts";

/** Part of the build: workflow code as one file, so that a worker starts at once and without a compiler. */
await main(async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("../workflows", import.meta.url)),
  });
  await writeFile(fileURLToPath(new URL("../workflow-bundle.js", import.meta.url)), code);
});
