import { rm } from "node:fs/promises";
import { checkBooks } from "./demo/check-books.ts";
import { report } from "./demo/report.ts";
import { playStory } from "./demo/story.ts";
import { createLog } from "./log.ts";
import { main } from "./main.ts";
import { startStage } from "./stage.ts";
import { stageFolder } from "./stage-folder.ts";
import { installTemporalRuntime } from "./temporal-runtime.ts";
import { untilStopped } from "./until-stopped.ts";

/**
 * `npm run demo`: the main job, start to end, on an empty system. Ends with 0 only if the database and the sandbox's
 * books agree.
 */
await main(async () => {
  const log = createLog(process.env["LOG_LEVEL"] ?? "error");
  installTemporalRuntime(log);
  const dataDir = stageFolder("demo");
  await rm(dataDir, { recursive: true, force: true });
  const startedAt = performance.now();
  const stage = await startStage({
    namespace: "perennial-demo",
    dataDir,
    ports: { api: 0, sandbox: 0 },
    log,
    say: (line) => console.log(`· ${line}`),
  });
  try {
    const stopped = untilStopped().then(() => {
      throw new Error("stopped before the end of the story");
    });
    await Promise.race([play(stage), stopped]);
  } finally {
    await stage.stop();
  }
  console.log(`\nDone in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.`);
});

async function play(stage: Awaited<ReturnType<typeof startStage>>): Promise<void> {
  await playStory(stage);
  await report(stage);
  const problems = await checkBooks(stage);
  if (problems.length === 0) {
    console.log("\n✔ The database and the sandbox's books agree.");
    return;
  }
  console.log(
    `\n✘ The database and the sandbox's books differ:\n${problems.map((line) => `  ${line}`).join("\n")}`,
  );
  process.exitCode = 1;
}
